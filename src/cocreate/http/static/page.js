// What every page does with JavaScript. All of it is an addition: each page works without.
import { follow } from "./live.js";
import { keepDrafts } from "./drafts.js";
import { helpBallot } from "./ballot.js";
import { sayTimes, guessZone, enhanceSlider } from "./forms.js";
import { suggest } from "./similar.js";

const address = new URL(location.href);
const done = address.searchParams.get("done");
if (done) {
  // Reloading must not say again that something was saved.
  address.searchParams.delete("done");
  history.replaceState(null, "", address);
}
keepDrafts(document, Boolean(done), address);
suggest(document);
sayTimes(document);
helpBallot(document);
guessZone(document);
enhanceSlider(document);
document.getElementById("trouble")?.focus();
if (document.body.dataset.live) follow(document.body);

// Whatever the page is for comes first; a device that is busy compares the record later.
const { record } = document.body.dataset;
const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 1000));
if (record) addEventListener("load", () => idle(async () => (await import("./memory.js")).remember(record)));
const verify = document.querySelector("[data-verify]");
if (verify) import("./verify.js").then(({ offer }) => offer(verify));
