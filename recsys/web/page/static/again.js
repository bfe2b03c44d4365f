// Makes choices again that were not answered: after a reload, which Gradio does when a lost connection is back, and where the
// server has lost the visit, as after its restart. The answer that the visitor had comes back first.
const KEPT = `unanswered choices of ${location.pathname}`;
const MAX_KEPT = 20;
const KEPT_ELSEWHERE = ["visit", "taste"]; // in the browser's history, and among the likes
let unanswered = []; // { number, place, event, clicked, kept }
let todo = []; // what is made again once the visit `awaited` is answered
let awaited = 0;

document.addEventListener("shop:acting", ({ detail: { part, event, clicked, kept } }) => {
  if (event === "visit") unanswered = todo = [];
  if (KEPT_ELSEWHERE.includes(event)) return;
  const others = unanswered.filter((one) => kept === undefined || one.event !== event);
  const place = part.closest(".block").id;
  unanswered = [...others, { number: choice + 1, place, event, clicked, kept }].slice(-MAX_KEPT);
});

// The parts of the page are there one after the other.
const make = (tries = 50) => {
  while (todo.length) {
    const one = { ...todo[0] };
    announce("again", one);
    if (!one.isDone && tries) return void setTimeout(make, 100, tries - 1);
    if (!one.isDone) complain(say("The connection was lost before your last choice was answered. Make it again."), null);
    todo = todo.slice(1);
  }
};
const restore = () => {
  if (todo.length) return;
  const choices = unanswered;
  visit(entry());
  [todo, awaited] = [choices, returning];
};

// An answer also has what was chosen before it. A problem or a product is about one choice.
document.addEventListener("shop:answer", ({ detail }) => {
  const number = Number(detail.choice ?? 0);
  unanswered = unanswered.filter((one) => one.number > number);
  if (awaited && number >= awaited) make();
});
const drop = ({ detail }) => {
  const number = Number(detail.choice ?? 0);
  unanswered = unanswered.filter((one) => one.number !== number);
  if (number && number === awaited) make();
};
document.addEventListener("shop:opened", drop);
document.addEventListener("shop:problem", drop);
document.addEventListener("shop:lost", restore);

// Gradio opens no stream of answers for an event that it sends just before the last stream is closed. Another event opens one.
const POKE_MS = 2000;
const MAX_POKES = 30;
let poking;
const pokeLater = (times) => {
  clearTimeout(poking);
  poking = setTimeout(() => {
    if (settled >= choice || !times) return;
    trigger("poke");
    pokeLater(times - 1);
  }, POKE_MS);
};
document.addEventListener("shop:acting", () => pokeLater(MAX_POKES));

addEventListener("pagehide", () => {
  const choices = [...unanswered];
  announce("leaving", choices);
  const store = (found) => sessionStorage.setItem(KEPT, JSON.stringify(found));
  try {
    store(choices);
  } catch {
    try {
      store(choices.map((one) => ({ ...one, kept: one.event === "give" ? "" : one.kept })));
    } catch { /* without storage, nothing is kept */ }
  }
});
document.addEventListener("shop:likes", () => {
  try {
    if (performance.getEntriesByType("navigation")[0]?.type === "reload") todo = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    sessionStorage.removeItem(KEPT);
  } catch { /* the same */ }
  awaited = Math.max(0, returning);
  if (!awaited) make();
}, { once: true });
