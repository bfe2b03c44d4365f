// A new search on a narrow screen brings its results into view.
const search = () => element.querySelector("[data-query]")?.dataset.query;
let last = search();

watch("value", () => {
  const now = search();
  const stacked = matchMedia("(max-width: 768px)").matches;
  if (now !== last && now !== "0" && stacked) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
  last = now;
});

element.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]")) trigger("back");
});
