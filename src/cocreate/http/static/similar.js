// While somebody writes an idea: ideas that say nearly the same. Shown beside the form, never in the way of it; the draft is sent
// to be compared and nowhere kept.
const WAIT_MS = 700;
const LETTERS_MIN = 15;

export function suggest(root) {
  for (const form of root.querySelectorAll("form[data-similar]")) watch(form);
}

function watch(form) {
  const shown = form.querySelector("[data-similar-shown]");
  const text = form.elements.text;
  if (!shown || !text || form.dataset.suggests) return;
  form.dataset.suggests = "yes";
  let timer = 0;
  let asked = 0;

  const ask = async () => {
    const mine = ++asked;
    const draft = `${form.elements.title?.value ?? ""} ${text.value}`.trim();
    if (draft.length < LETTERS_MIN) return show([]);
    try {
      const answer = await fetch(`/api/workshops/${form.dataset.similar}/ideas/similar`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text: draft.slice(0, 5000) }),
      });
      if (answer.ok && mine === asked) show((await answer.json()).items.map((one) => one.idea));
    } catch {
      // Without a network there is nothing to suggest; the form works as it is.
    }
  };

  const show = (ideas) => {
    const keys = ideas.map((one) => one.key).join(" ");
    if (keys === (shown.dataset.keys ?? "")) return;
    shown.dataset.keys = keys;
    shown.replaceChildren();
    seen(keys);
    if (!ideas.length) return;
    const said = document.createElement("p");
    said.textContent = ideas.length === 1 ? "Like this one, which is here already?" : `Like one of these ${ideas.length}, which are here already?`;
    const list = document.createElement("ul");
    for (const one of ideas) list.append(item(one));
    shown.append(said, list);
  };

  const item = (one) => {
    const words = one.title?.texts ? one.title : one.text;
    const link = document.createElement("a");
    link.href = `/w/${form.dataset.similar}/ideas/${one.key}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.lang = words.language;
    link.dir = "auto";
    const said = words.texts[words.language];
    link.textContent = said.length > 120 ? `${said.slice(0, 119)}…` : said;
    const row = document.createElement("li");
    row.append(link, " (opens beside this)");
    return row;
  };

  // Whoever has seen them is not asked again.
  const seen = (keys) => {
    let field = form.elements.seen;
    if (!field) {
      field = document.createElement("input");
      field.type = "hidden";
      field.name = "seen";
      form.append(field);
    }
    field.value = keys;
  };

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  if (text.value) ask();
}
