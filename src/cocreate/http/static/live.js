// Live pages. The stream says that something changed; the page then asks for itself again and takes over the regions that differ.
// A region under somebody's hands is never touched: it waits, or says that it has ended and keeps what was typed.
import { isDirty, keep } from "./drafts.js";
import { helpBallot } from "./ballot.js";
import { sayTimes } from "./forms.js";
import { patch, strip } from "./patch.js";
import { suggest } from "./similar.js";

const SAY_MS = 1500; // what is said to screen readers is gathered for this long
const RETRY_MS = 3000;

export function follow(body) {
  const { live, watch, every } = body.dataset;
  let { audience } = body.dataset;
  const wanted = watch ? watch.split(" ") : null;
  const line = document.querySelector("[data-line]");
  const pause = document.querySelector("[data-pause]");
  let at = Number(body.dataset.at);
  let source = null;
  let timer = 0;
  let last = 0;
  let busy = false;
  let paused = false;
  let missed = false;

  const connect = () => {
    source?.close();
    source = new EventSource(`/api/workshops/${live}/live?audience=${audience}&since=${at}`);
    source.addEventListener("changes", (event) => {
      say("");
      const told = JSON.parse(event.data);
      at = Math.max(at, told.at);
      const changed = Object.keys(told.items);
      if (changed.length && (!wanted || changed.some((name) => wanted.includes(name)))) soon();
    });
    // Who is no longer of an audience goes on with what everybody sees; the page then says why.
    source.addEventListener("bye", (event) => {
      if (JSON.parse(event.data).reason !== "audience") return;
      audience = "public";
      soon();
    });
    source.addEventListener("error", () => {
      say("Connection lost. Trying again …");
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS + Math.random() * RETRY_MS);
    });
    source.addEventListener("open", () => say(""));
  };

  // The whole room hears of a change at once; it need not ask at once.
  const soon = () => {
    if (paused) {
      missed = true;
      return;
    }
    if (timer) return;
    const due = Math.max(last + Number(every) - Date.now(), 0) + Math.random() * Math.min(Number(every) / 4, 600);
    timer = setTimeout(refresh, due);
  };

  const refresh = async () => {
    timer = 0;
    if (busy) return soon();
    busy = true;
    last = Date.now();
    try {
      // A page that chose something for its reader asks for the same again, not for another choice.
      const address = document.querySelector("[data-refresh]")?.dataset.refresh ?? location.href;
      const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-cache" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (!paused) takeOver(page);
      }
    } catch {
      say("Connection lost. Trying again …");
    } finally {
      busy = false;
    }
  };

  const wake = () => {
    if (document.visibilityState !== "visible") return;
    connect();
    soon();
  };
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("online", wake);
  addEventListener("pagehide", () => source?.close());
  document.addEventListener("focusout", () => setTimeout(retryWaiting, 300));

  pause?.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? (pause.dataset.wordOn ?? "Go on with updates") : (pause.dataset.word ?? "Pause updates");
    if (!paused && missed) {
      missed = false;
      soon();
    }
  });
  if (line) line.hidden = false;
  connect();
}

let saying = 0;
function say(words) {
  const said = document.querySelector("[data-said]");
  clearTimeout(saying);
  saying = setTimeout(() => said && said.textContent !== words && (said.textContent = words), words ? SAY_MS : 0);
}

const seen = new WeakMap();
const waiting = new Map();
for (const region of document.querySelectorAll("[data-region]")) seen.set(region, strip(region.innerHTML));

function takeOver(page) {
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = page.getElementById(region.id);
    // What has waited until now is out of date, whatever this page says.
    waiting.delete(region);
    if (!fresh || strip(fresh.innerHTML) === seen.get(region)) continue;
    if (inUse(region)) {
      waiting.set(region, fresh);
      if (region.dataset.state !== fresh.dataset.state && region.dataset.ended) ended(region);
    } else if (region.dataset.offer) offer(region, fresh);
    else swap(region, fresh);
  }
}

// Somebody's focus, half-filled form or opened drawer is in it; or a button that a finger may be on its way to.
function inUse(region) {
  if ("hold" in region.dataset && region.querySelector("form")) return true;
  if (region.contains(document.activeElement) && document.activeElement !== document.body) return true;
  if ([...region.querySelectorAll("form")].some(isDirty)) return true;
  return region.querySelector("details[open]") !== null && region.querySelector("details[open] form") !== null;
}

function retryWaiting() {
  for (const [region, fresh] of waiting) {
    if (!inUse(region)) {
      waiting.delete(region);
      if (region.dataset.offer) offer(region, fresh);
      else swap(region, fresh);
    }
  }
}

function ended(region) {
  if (region.querySelector("[data-ended-said]")) return;
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.setAttribute("role", "status");
  notice.dataset.endedSaid = "";
  region.prepend(notice);
  notice.textContent = region.dataset.ended;
}

// A list that somebody reads does not move: what is new waits behind a button.
function offer(region, fresh) {
  const held = document.querySelector(`[data-offer-for="${region.id}"]`);
  const button = held ?? document.createElement("button");
  button.onclick = () => {
    button.remove();
    swap(region, fresh);
    region.tabIndex = -1;
    region.focus();
  };
  if (held) return;
  button.type = "button";
  button.className = "offer";
  button.dataset.offerFor = region.id;
  button.textContent = region.dataset.offer;
  region.before(button);
}

export function swap(region, fresh) {
  seen.set(region, strip(fresh.innerHTML));
  for (const name of ["state", "ended"]) {
    if (fresh.dataset[name] !== undefined) region.dataset[name] = fresh.dataset[name];
  }
  patch(region, fresh);
  sayTimes(region);
  for (const form of region.querySelectorAll("form[data-draft]")) keep(form);
  helpBallot(region);
  suggest(region);
}
