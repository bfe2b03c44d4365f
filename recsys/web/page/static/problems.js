// Says what went wrong where the visitor acted, until the next action: beside the picture, below the field, or after the part
// of the page that was pressed.
const BESIDE = ".card .front, .longer, .pages, .strip, .actions, .slot, .place, .facets .row, .tokens, .tools, #taste .ways";
const actions = new Map(); // the number of each of the latest choices → where the visitor made it
const MAX_ACTIONS = 20;
const OFFLINE = "There is no connection. What you chose is done when it is back.";
const LOST = /^Connection to the server was lost/; // what Gradio says before it waits for the connection and reloads the page
let touched = null;
for (const kind of ["click", "change", "keydown"]) document.addEventListener(kind, ({ target }) => (touched = target), true);

const clear = () => {
  for (const problem of document.querySelectorAll(".problem")) {
    if (problem.hasAttribute("data-fixed")) problem.textContent = "";
    else problem.remove();
  }
  document.querySelector("#link input")?.removeAttribute("aria-invalid");
};
const placeOf = (part) => {
  if (part.closest("#picture, #examples, #part")) return document.querySelector("#picture .problem");
  if (part.closest("#link")) return document.querySelector("#link .problem");
  return part.closest("#clicks") ? null : touched?.closest?.(BESIDE);
};
const complain = (text, place) => {
  clear();
  if (place?.matches(".problem")) {
    place.textContent = text;
    if (place.closest("#link")) document.querySelector("#link input").setAttribute("aria-invalid", "true");
    return;
  }
  const problem = Object.assign(document.createElement("p"), { className: "problem", textContent: text });
  problem.setAttribute("role", "alert");
  const around = document.querySelector("dialog[open] :is(.actions, .place)") ?? document.querySelector("#heading .heading");
  (place?.checkVisibility?.() ? place : around).after(problem);
};

const sayOffline = (place) => {
  complain(say(OFFLINE), place);
  document.querySelectorAll(".waiting").forEach((button) => button.classList.remove("waiting"));
};

document.addEventListener("shop:acting", ({ detail }) => {
  clear();
  const place = placeOf(detail.part);
  actions.set(choice + 1, place);
  actions.delete(choice + 1 - MAX_ACTIONS);
  if (navigator.onLine) return;
  sayOffline(place); // Gradio says it only once, and not at every action
});
// A problem of the latest choice: { text, choice }, or without a choice { text, part }, of a part of the page itself; "" for none.
document.addEventListener("shop:problem", ({ detail }) => {
  if (!detail.text) return clear();
  if (detail.choice !== undefined && !settle(detail.choice)) return;
  complain(detail.text, detail.part ? placeOf(detail.part) : actions.get(detail.choice));
});

// What Gradio itself refuses, as where too much is asked at once or the connection is lost, it says in a notice in a corner,
// which is hidden.
new MutationObserver((changes) => {
  const added = changes.flatMap(({ addedNodes }) => [...addedNodes]).filter((node) => node.querySelector);
  const notice = added.map((node) => node.querySelector('[data-testid="toast-text"]')).find(Boolean);
  if (!notice) return;
  if (navigator.onLine && !LOST.test(notice.textContent)) announce("problem", { text: notice.textContent, choice });
  else sayOffline(actions.get(choice));
}).observe(document.body, { childList: true, subtree: true });

