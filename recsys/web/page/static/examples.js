// Why this is no gr.Gallery or gr.Dataset: a photo is shown as the query at once, before the server knows of it, and its choice
// gets its number in the order of all choices. Their events go to the server alone.
element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-photo]")) {
    noteClick("photo", on("[data-photo]").dataset.photo);
    announce("picture", { link: on("[data-photo]").querySelector("img").dataset.large, kind: "picture" });
    trigger("photo");
  }
  if (on("[data-item]")) {
    noteClick("pick", on("[data-item]").dataset.item);
    trigger("pick");
  }
});
again = ({ event, clicked }) => element.querySelector(`[data-${event === "pick" ? "item" : event}="${CSS.escape(clicked)}"]`)?.click();
