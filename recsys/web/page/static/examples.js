// Why this is no gr.Gallery or gr.Dataset: a photo is shown as the query at once, before the server knows of it, and its choice
// gets its number in the order of all choices. Their events go to the server alone.
element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-photo]")) {
    document.dispatchEvent(new CustomEvent("shop:picture", { detail: on("[data-photo]").querySelector("img").dataset.large }));
    noteClick("photo", on("[data-photo]").dataset.photo);
    trigger("photo");
  }
  if (on("[data-item]")) {
    noteClick("pick", on("[data-item]").dataset.item);
    trigger("pick");
  }
});
