// Each new value is a product, which opens in a dialog. Closing it empties the value, so that the same product can be opened
// again, and returns the focus to where it was.
const dialog = () => element.querySelector("dialog");
let origin = null;

const facts = Object.assign(document.createElement("script"), { type: "application/ld+json" });

watch("value", () => {
  if (!dialog()) return;
  facts.textContent = dialog().dataset.product;
  document.head.append(facts);
  if (!element.contains(document.activeElement)) origin = document.activeElement;
  if (!dialog().open) dialog().showModal();
  dialog().scrollTop = 0;
});

element.addEventListener("close", () => {
  props.value = "";
  facts.remove();
  if (document.activeElement === document.body || element.contains(document.activeElement)) origin?.focus();
}, true);

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  const leave = (button) => {
    dialog().close();
    document.querySelector("#heading .heading").focus();
    return button.dataset;
  };
  if (on("[data-close]") || event.target === dialog()) dialog().close();
  if (on("a[data-item]") && isPlain(event)) {
    event.preventDefault();
    noteClick("open", on("a[data-item]").dataset.item);
    trigger("open");
  }
  if (on("[data-similar]")) {
    noteClick("similar", leave(on("[data-similar]")).similar);
    trigger("similar");
  }
  if (on("[data-look]")) {
    noteClick("dress", { item: leave(on("[data-look]")).look });
    trigger("dress");
  }
});
