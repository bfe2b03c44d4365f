element.addEventListener("click", (event) => {
  const example = event.target.closest("[data-item]");
  if (example) trigger("pick", { chosen: example.dataset.item });
});
