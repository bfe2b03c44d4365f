// The field for words or a link. While a visitor types, it suggests values of the shop with their number of products, which
// complete the text, and products, which open. The component's value has the text to search with.
const form = element.querySelector("form");
const field = form.querySelector("input");
const list = form.querySelector("ul");
const PAUSE_MS = 150;
let waiting, request, marked = -1;
let said = ""; // what the field had before the visitor went on typing

const options = () => [...list.children];
const mark = (number) => {
  marked = number;
  options().forEach((option, place) => option.setAttribute("aria-selected", place === marked));
  if (marked < 0) field.removeAttribute("aria-activedescendant");
  else field.setAttribute("aria-activedescendant", options()[marked].id);
};
// The list lies above everything, because the column of the field scrolls and would cut it off.
const place = () => {
  const { left, bottom, width } = form.getBoundingClientRect();
  const wide = Math.min(innerWidth - 16, Math.max(width, 340));
  const from = Math.max(8, Math.min(left, innerWidth - wide - 8));
  Object.assign(list.style, { left: `${from}px`, top: `${bottom + 6}px`, width: `${wide}px`, maxHeight: `${innerHeight - bottom - 16}px` });
};
const isOpen = () => list.matches(":popover-open");
const unfold = (found) => {
  list.replaceChildren(...found);
  if (found.length > 0 !== isOpen()) list.togglePopover();
  place();
  field.setAttribute("aria-expanded", found.length > 0);
  mark(-1);
};
const close = () => {
  clearTimeout(waiting);
  request?.abort();
  unfold([]);
};

const part = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text, ...more });
const option = (number, children, choose) => {
  const found = Object.assign(document.createElement("li"), { id: `suggestion-${number}` });
  found.setAttribute("role", "option");
  found.setAttribute("aria-selected", false);
  found.append(...children);
  found.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus in the field
  found.addEventListener("click", choose);
  return found;
};
const label = (attribute) => attribute.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();

const show = ({ values, products }) => {
  const found = values.map(({ text, attribute, count }, number) => {
    const detail = `${label(attribute)} · ${inWords(count)}`;
    return option(number, [part("span", text), part("span", detail, { className: "count" })], () => ask(text));
  });
  for (const { id, name, image } of products) {
    const picture = part("img", "", { src: image, alt: "" });
    found.push(option(found.length, [picture, part("span", name ?? id)], () => {
      close();
      noteClick("open", id);
      trigger("open");
    }));
  }
  unfold(found);
};

const isLink = (text) => /^(https?:|data:|www\.)/i.test(text);
const suggest = async () => {
  request?.abort();
  request = new AbortController();
  const { root = "" } = window.gradio_config ?? {};
  const text = field.value;
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(`${root}/api/suggest`, { method: "POST", headers, body: JSON.stringify({ text }), signal: request.signal });
    if (answer.ok && text === field.value && document.activeElement === field) show(await answer.json());
  } catch { /* a later letter, or no connection: the field works without suggestions */ }
};

const isPicture = (text) => /^data:image\//i.test(text);
const unpack = (link) => {
  close();
  field.value = "";
  announce("unpack", { link, part: element });
};
field.addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain").trim();
  if (!isPicture(text)) return;
  event.preventDefault();
  unpack(text);
});

const ask = (text) => {
  if (isPicture(text)) return unpack(text);
  close();
  field.value = said = text;
  props.value = { text };
  noteClick("ask", undefined, text);
  trigger("ask");
};
const openAgain = again;
again = (choice) => (choice.event === "ask" ? ask(choice.kept) : openAgain(choice));

field.addEventListener("input", () => {
  clearTimeout(waiting);
  const text = field.value.trim();
  if (!text || isLink(text)) close();
  else waiting = setTimeout(suggest, PAUSE_MS);
});
field.addEventListener("keydown", (event) => {
  const count = options().length;
  if (event.key === "Escape" && isOpen()) {
    event.stopPropagation();
    close();
  }
  if (!count || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  const step = event.key === "ArrowDown" ? 1 : -1;
  mark(marked < 0 && step < 0 ? count - 1 : marked + step >= count ? -1 : marked + step);
});
field.addEventListener("blur", close);
addEventListener("scroll", () => isOpen() && place(), true);
addEventListener("resize", () => isOpen() && place());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (marked >= 0) options()[marked].click();
  else ask(field.value.trim());
});

// What was typed and not answered is kept over a reload. Gradio reloads the page after a lost connection.
const KEPT = `unanswered words of ${location.pathname}`;
let answered = "";
let kept = "";
try {
  if (performance.getEntriesByType("navigation")[0]?.type === "reload") kept = sessionStorage.getItem(KEPT) ?? "";
} catch { /* without storage, nothing is kept */ }
field.value = kept;
addEventListener("pagehide", () => {
  try {
    sessionStorage.setItem(KEPT, field.value === answered ? "" : field.value);
  } catch { /* the same */ }
});

// The heading says which words the answer shown is for. What a visitor is typing stays.
document.addEventListener("shop:words", ({ detail }) => {
  answered = detail;
  if (kept) kept = ""; // the answer before the reload is here again, and the field has what was typed after it
  else if (document.activeElement !== field || field.value === said) field.value = said = detail;
});
