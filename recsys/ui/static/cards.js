// A plain click on a product shows more like it in place; with a modifier the link opens as links do.
element.addEventListener("click", (event) => {
  const card = event.target.closest("a[data-item]");
  if (card && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    trigger("more", { chosen: card.dataset.item });
  }
  const loosen = event.target.closest("[data-loosen]");
  if (loosen) trigger("loosen", { chosen: loosen.dataset.loosen });
});
