// Every script of the page begins with these lines.

// Each choice of the visitor is noted here before its event is triggered: it gets a number, and what was clicked. Handlers
// read both from the value of #clicks. `kept` is what else the part needs to make the choice again.
const noteClick = (event, clicked, kept) => {
  announce("acting", { event, part: element, clicked, kept });
  document.dispatchEvent(new CustomEvent("shop:click", { detail: clicked === undefined ? {} : { [event]: clicked } }));
};

// How a choice of this part is made again after the connection was lost. A part that needs more has its own way.
let again = ({ event, clicked }) => {
  noteClick(event, clicked);
  trigger(event);
};
document.addEventListener("shop:again", ({ detail }) => {
  if (!element.closest(`#${detail.place}`)) return;
  detail.isDone = true;
  again(detail);
});

// Other parts of the page hear of this.
const announce = (event, detail) => document.dispatchEvent(new CustomEvent(`shop:${event}`, { detail }));

// Until the next answer, this looks as if it works on what was asked.
const markWaiting = (button) => button.classList.add("waiting");

// A text in the visitor's language, with values in place of their {names}.
const say = (text, values = {}) =>
  (window.shopTexts?.[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const inWords = (number) => number.toLocaleString(document.documentElement.lang || "en");

// Opens the panel of a menu to the other side where it would lie outside of the window.
const keepInWindow = (menu) => {
  menu.classList.remove("flipped");
  const { left, right } = menu.querySelector(".panel").getBoundingClientRect();
  menu.classList.toggle("flipped", left < 0 || right > innerWidth);
};

// A click that should act on the page, and not open a link in a new tab.
const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

