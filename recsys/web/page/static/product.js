// Every new value is a product to look at; what is chosen in it closes it, and a closed one is forgotten, so that it can
// be opened again. The focus goes back to where it came from, or on to what was chosen; where it is by then it stays.
const dialog = () => element.querySelector("dialog");
let origin = null;

watch("value", () => {
  if (!dialog()) return;
  if (!element.contains(document.activeElement)) origin = document.activeElement;
  if (!dialog().open) dialog().showModal();
  dialog().scrollTop = 0;
});

element.addEventListener("close", () => {
  props.value = "";
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
