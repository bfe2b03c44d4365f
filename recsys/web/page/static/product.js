// Each new value is a product, which opens in a dialog. Closing it empties the value, so that the same product can be opened
// again, and returns the focus to where it was.
const dialog = () => element.querySelector("dialog");
let origin = null;

const facts =
  document.head.querySelector("script[type='application/ld+json']") ??
  Object.assign(document.createElement("script"), { type: "application/ld+json" });

let isLeft = false; // closed by the page, and not by the visitor
let count = 0;
let latest = 0; // the number of the latest choice that leads elsewhere
const STAYS = ["narrow", "vary", "taste", "longer"]; // choices that a product may open after
document.addEventListener("shop:acting", ({ detail }) => {
  count += 1;
  if (!STAYS.includes(detail.event)) latest = count;
});

watch("value", () => {
  if (!dialog()) return;
  const { choice, id, product } = dialog().dataset;
  // It stays closed. To empty the value here could empty a newer one that arrives at this moment.
  if (Number(choice) && Number(choice) < latest) return;
  facts.textContent = product;
  document.head.append(facts);
  if (!element.contains(document.activeElement)) origin = document.activeElement;
  if (!dialog().open) dialog().showModal();
  dialog().scrollTop = 0;
  for (const lit of dialog().querySelectorAll("[data-heat]")) {
    lit.src = lit.previousElementSibling.src;
    lit.style.maskImage = `url("${lit.dataset.heat}")`;
  }
  announce("opened", { overlay: `product=${encodeURIComponent(id)}`, choice });
});

element.addEventListener("close", () => {
  if (!isLeft) latest = count + 1; // what was clicked before in it does not open any more
  props.value = "";
  facts.remove();
  if (document.activeElement === document.body || element.contains(document.activeElement)) origin?.focus();
  if (!isLeft) announce("closed");
  isLeft = false;
}, true);

const leaveDialog = () => {
  if (!dialog()?.open) return;
  isLeft = true;
  dialog().close();
};
document.addEventListener("shop:overlay", ({ detail }) => detail.startsWith("product=") || leaveDialog());
document.addEventListener("shop:elsewhere", () => {
  latest = count + 1;
  leaveDialog();
});

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  const leave = (button) => {
    announce("elsewhere");
    document.querySelector("#heading .heading").focus();
    return button.dataset;
  };
  if (on("[data-close]") || event.target === dialog()) dialog().close();
  if (on("a[data-item]") && isPlain(event)) {
    event.preventDefault();
    markWaiting(on("a[data-item]"));
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
