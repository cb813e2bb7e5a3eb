// Drafts stay on the device until they have been sent: a reload, a closed round or a dead battery loses nothing.
const store = (() => {
  try {
    sessionStorage.getItem("probe");
    return sessionStorage;
  } catch {
    return null;
  }
})();
const SENT = "cocreate:sent";
// One place a workshop, since a form that is shown again after sending stands at the address that it was sent to.
const place = (form) => `cocreate:${location.pathname.split("/").slice(0, 3).join("/")}:${form.dataset.draft}`;
// By name, since a ballot's ideas may have been moved.
const typed = (form) =>
  [...form.querySelectorAll("textarea, input:not([type=hidden])")].sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)));

const read = (field) => (field.type === "checkbox" || field.type === "radio" ? field.checked : field.value);
const initial = (field) => (field.type === "checkbox" || field.type === "radio" ? field.defaultChecked : field.defaultValue);
export const isDirty = (form) => typed(form).some((field) => read(field) !== initial(field));

function write(field, value) {
  if (field.type === "checkbox" || field.type === "radio") field.checked = value;
  else field.value = value;
}

export function keepDrafts(root, done) {
  if (!store) return;
  const sent = store.getItem(SENT);
  store.removeItem(SENT);
  if (done && sent) store.removeItem(sent);
  for (const form of root.querySelectorAll("form[data-draft]")) keep(form);
}

export function keep(form) {
  if (!store || form.dataset.kept) return;
  form.dataset.kept = "yes";
  const key = place(form);
  const said = JSON.parse(store.getItem(key) ?? "null");
  // What the server shows after a refusal is newer than what is kept here.
  if (said && !document.getElementById("trouble")) {
    typed(form).forEach((field, number) => {
      if (said[number] !== undefined && typeof said[number] === typeof read(field)) write(field, said[number]);
    });
    if (typed(form).some((field) => field.closest("details") && read(field) !== initial(field))) form.querySelector("details").open = true;
  }
  form.addEventListener("input", () => store.setItem(key, JSON.stringify(typed(form).map(read))));
  form.addEventListener("submit", () => store.setItem(SENT, key));
}
