// A plain click on a product opens it on the page; with Ctrl, Shift, Alt or Meta its link opens. After "Show more" the first
// new product gets the focus; a button that disappears leaves the focus to the heading.
const pictures = () => element.querySelectorAll(".front > a");
let shown = null;

watch("value", () => {
  if (shown !== null) pictures()[shown]?.focus({ preventScroll: true });
  shown = null;
});

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
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
