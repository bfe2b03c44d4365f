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
