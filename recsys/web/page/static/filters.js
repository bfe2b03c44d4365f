// The component's value has `where`: attribute → values of the ticked boxes, with null for "not given", or a range; and
// `sort`, the order of the products. The server adds
// `counts`: attribute → the number of products that each option would leave, in the order of the options; and `markup`, new
// options, if the shop has another index by now.
let boxes, bounds, panels, order;
const find = () => {
  boxes = [...element.querySelectorAll("input[type=checkbox]")];
  bounds = [...element.querySelectorAll("input[data-bound]")];
  order = element.querySelector("[data-sort]");
  panels = [...element.querySelectorAll("details")];
};
find();
const valueOf = (box) => (box.hasAttribute("data-absent") ? null : box.value);

const selection = () => {
  const where = {};
  for (const box of boxes.filter((box) => box.checked)) (where[box.name] ??= []).push(valueOf(box));
  for (const end of bounds.filter((end) => end.value !== "")) (where[end.name] ??= {})[end.dataset.bound] = Number(end.value);
  return where;
};

const summarise = () => {
  for (const panel of panels) {
    const ticked = boxes.filter((box) => box.checked && panel.contains(box));
    const one = ticked.length === 1 && ticked[0].nextElementSibling.textContent;
    const ends = bounds.filter((end) => panel.contains(end)).map((end) => end.value);
    const range = ends.some((end) => end !== "") && ends.join("–");
    const name = panel.dataset.name;
    panel.querySelector("summary").textContent = ticked.length || range ? `${name}: ${range || one || ticked.length}` : name;
    panel.classList.toggle("active", ticked.length > 0 || Boolean(range));
  }
  element.querySelector("[data-clear]").hidden = !panels.some((panel) => panel.classList.contains("active"));
  element.querySelector(".facets").scrollTo({ left: 0 });
};

// The number of the latest choice here. An answer carries the number of the choice that it is for, so that the answer to
// an earlier choice does not undo a later one.
let choice = 0;
const hold = () => {
  const { index } = element.querySelector(".facets").dataset;
  props.value = { where: selection(), sort: order?.value, index, choice };
};
const choose = () => {
  choice += 1;
  hold();
  summarise();
  trigger("narrow");
};

const recount = () => {
  const { counts } = props.value;
  const seen = {};
  for (const box of boxes) {
    const left = counts[box.name][(seen[box.name] = (seen[box.name] ?? -1) + 1)];
    const option = box.closest("li");
    option.querySelector(".count").textContent = left.toLocaleString("en");
    option.classList.toggle("none", left === 0);
  }
};

watch("value", () => {
  if (props.value?.markup) {
    const { markup, ...rest } = props.value;
    element.querySelector(".facets").outerHTML = markup;
    find();
    props.value = rest; // what goes back to the server
  }
  if (props.value?.counts) recount();
  if ((props.value?.choice ?? choice) < choice) hold();
  else {
    const where = props.value?.where ?? {};
    for (const box of boxes) box.checked = (where[box.name] ?? []).includes(valueOf(box));
    for (const end of bounds) end.value = where[end.name]?.[end.dataset.bound] ?? "";
    if (order) order.value = props.value?.sort ?? "closeness";
  }
  summarise();
});

// Other parts of the page change a filter too: with a value they switch it on or off, without one all of the attribute off.
document.addEventListener("shop:filter", ({ detail: { attribute, value } }) => {
  for (const box of boxes.filter((box) => box.name === attribute)) {
    if (value === undefined) box.checked = false;
    else if (valueOf(box) === value) box.checked = !box.checked;
  }
  for (const end of bounds.filter((end) => end.name === attribute)) end.value = "";
  choose();
});

element.addEventListener("change", (event) => {
  if (boxes.includes(event.target) || bounds.includes(event.target) || event.target === order) choose();
});

element.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  const wanted = event.target.value.trim().toLowerCase();
  for (const option of event.target.parentElement.querySelectorAll("li")) {
    option.hidden = !option.textContent.toLowerCase().includes(wanted);
  }
});

element.addEventListener("click", (event) => {
  if (!event.target.closest("[data-clear]")) return;
  for (const box of boxes) box.checked = false;
  for (const end of bounds) end.value = "";
  choose();
});

// One panel is open at a time, within the window; a click elsewhere or Escape closes it.
element.addEventListener("toggle", (event) => {
  if (!event.target.open) return;
  for (const panel of panels) if (panel !== event.target) panel.open = false;
  event.target.classList.remove("flipped");
  const edge = event.target.querySelector(".panel").getBoundingClientRect().right;
  event.target.classList.toggle("flipped", edge > innerWidth);
}, true);
document.addEventListener("click", (event) => {
  if (!event.target.closest("details.facet")) for (const panel of panels) panel.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && panels.find((panel) => panel.open);
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
