// Takes a region over by changing only what differs, so that the browser draws a thousand rows once and then the few that moved.
// Items of a list carry data-key and keep their element; forms are exchanged whole, since what is in their fields is not in the text.
const keyOf = (node) => node.dataset?.key;

// What is another each time the page is made, and times that the script has said in the reader's own zone.
export const strip = (html) => html.replace(/name="key" value="[^"]*"/g, "").replace(/<time[^>]*data-when[^>]*>[^<]*/g, "");

export function patch(held, fresh) {
  if ([...fresh.children].some(keyOf)) patchList(held, fresh);
  else patchNodes(held, fresh);
}

function patchList(held, fresh) {
  const known = new Map([...held.children].map((child) => [keyOf(child), child]));
  let next = held.firstElementChild;
  for (const item of [...fresh.children]) {
    const mine = known.get(keyOf(item));
    if (!mine || mine.nodeName !== item.nodeName) {
      held.insertBefore(item, next);
      continue;
    }
    // One that is to stand further down would push all that follow one by one.
    if (next !== mine && next.nextElementSibling === mine) {
      held.append(next);
      next = mine;
    }
    if (next === mine) next = mine.nextElementSibling;
    else held.insertBefore(mine, next);
    known.delete(keyOf(item));
    exchange(mine, item);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
}

function patchNodes(held, fresh) {
  let next = held.firstChild;
  for (const node of [...fresh.childNodes]) {
    if (!next || !alike(next, node)) {
      held.insertBefore(node, next);
      continue;
    }
    const mine = next;
    next = mine.nextSibling;
    exchange(mine, node);
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

const alike = (held, node) => held.nodeName === node.nodeName && held.id === node.id && keyOf(held) === keyOf(node);

function exchange(held, fresh) {
  if (held.isEqualNode(fresh)) return;
  if (held.nodeType !== Node.ELEMENT_NODE) held.data = fresh.data;
  else if (held.nodeName === "FORM") {
    if (strip(held.outerHTML) !== strip(fresh.outerHTML)) held.replaceWith(fresh);
  } else if (held.nodeName !== "TIME" || held.dateTime !== fresh.dateTime) {
    for (const { name } of [...held.attributes]) {
      // What somebody has opened stays open.
      if (!fresh.hasAttribute(name) && name !== "open") held.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) if (held.getAttribute(name) !== value) held.setAttribute(name, value);
    patch(held, fresh);
  }
}
