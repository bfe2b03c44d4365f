element.addEventListener("click", (event) => {
  const example = event.target.closest("[data-item]");
  if (!example) return;
  noteClick("pick", example.dataset.item);
  trigger("pick");
});
