// A plain click on a product opens it on the page; with Ctrl, Shift, Alt or Meta its link opens. After "Show more" the first
// new product gets the focus; a button that disappears leaves the focus to the heading.
document.querySelector("#first-view")?.remove(); // what was seen until now
const pictures = () => element.querySelectorAll(".front > a");
let shown = null;
let judged = null; // the heart that was pressed: it keeps the focus when a new answer arrives

watch("value", () => {
  if (shown !== null) pictures()[shown]?.focus({ preventScroll: true });
  shown = null;
});

// Gradio changes the cards in place, which can leave the focus on the heart of another product, or nowhere.
const refocus = () => {
  const now = document.activeElement;
  if (!judged || (now !== document.body && !now.matches("#cards [data-opinion]"))) return;
  const [opinion, id] = judged;
  element.querySelector(`[data-opinion="${opinion}"][data-id="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
};
document.addEventListener("shop:answer", () => [0, 100].forEach((pause) => setTimeout(refocus, pause)));
element.addEventListener("focusin", ({ target }) => target.matches("[data-opinion]") || (judged = null));
element.addEventListener("keydown", ({ key }) => key === "Tab" && (judged = null));

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  // A first like can move the cards, so that the second click of a double click on a heart meets a picture.
  if (judged && event.detail > 1 && !on("[data-opinion]")) return event.preventDefault();
  const card = on("a[data-item]");
  if (card && isPlain(event)) {
    event.preventDefault();
    markWaiting(card);
    noteClick("open", card.dataset.item);
    trigger("open");
  }
  if (on("[data-loosen]")) {
    document.querySelector("#heading .heading").focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("shop:filter", { detail: { attribute: on("[data-loosen]").dataset.loosen } }));
  }
  const { opinion, id } = on("[data-opinion]")?.dataset ?? {};
  judged = opinion ? [opinion, id] : null;
  if (on("[data-longer]")) {
    shown = pictures().length;
    noteClick("longer");
    trigger("longer");
  }
  if (on("[data-page]")) {
    document.querySelector("#heading .heading").focus();
    document.querySelector("#heading").scrollIntoView({ block: "start" });
    noteClick("turn", on("[data-page]").dataset.page);
    trigger("turn");
  }
  if (on("[data-slot]")) {
    noteClick("dress", { ...on("[data-slot]").dataset });
    trigger("dress");
  }
});
