// Small helps in forms: times in the reader's zone, the slider of the record.
import { swap } from "./live.js";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
export function sayTimes(root) {
  for (const time of root.querySelectorAll("time[data-when]")) time.textContent = moment.format(new Date(time.dateTime));
}

export function guessZone(root) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of root.querySelectorAll("select[data-zone]")) {
    if (!select.querySelector("[selected]") && [...select.options].some((one) => one.value === zone)) select.value = zone;
  }
}

export function enhanceSlider(root) {
  const form = root.querySelector("form[data-slider]");
  if (!form) return;
  const range = form.elements.at;
  const said = form.querySelector("output");
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    const address = new URL(location.href);
    address.searchParams.set("at", range.value);
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    swap(document.getElementById("moment"), page.getElementById("moment"));
    history.replaceState(null, "", address);
  };
  range.addEventListener("input", () => (said.value = range.value));
  range.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
}
