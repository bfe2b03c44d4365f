// The component's value has `where`: attribute → values of the ticked boxes, with null for "not given", or a range; and
// `sort`, the order of the products. The server adds `total`, the number of products that pass; `counts`: attribute → the
// number of products that each of its values would leave; `nested`, the same for a tree; and `markup`, new options, if the shop has another index by now.
let boxes, bounds, panels, order;
const find = () => {
  boxes = [...element.querySelectorAll("input[type=checkbox]")];
  bounds = [...element.querySelectorAll("input[data-bound]")];
  order = element.querySelector("[data-sort]");
  panels = [...element.querySelectorAll("details")];
};
// The first order is by closeness, where something is searched for.
const nameOrder = (kind) => {
  const first = order?.querySelector("[value=closeness]");
  if (first) first.textContent = say(kind === "window" ? "Featured" : "Closest first");
};
document.addEventListener("shop:answer", ({ detail }) => nameOrder(detail.kind));
find();
const part = (selector) => element.querySelector(selector);
const valueOf = (box) => (box.hasAttribute("data-absent") ? null : box.value);
// What a box stands for: its own value, and the coarser ones that have no other value below them.
const meant = (box) => [[box.name, valueOf(box)], ...JSON.parse(box.dataset.also ?? "[]")];
const textOf = (box) => box.closest("label").querySelector("span").textContent;

const selection = () => {
  const where = {};
  for (const box of boxes.filter((box) => box.checked)) (where[box.name] ??= []).push(valueOf(box));
  for (const end of bounds.filter((end) => end.value !== "")) (where[end.name] ??= {})[end.dataset.bound] = Number(end.value);
  return where;
};

// Values nest in a tree. A ticked value stands for all that belong to it, so that none of these is ticked beside it. The ticks
// of a tree are of one attribute, because products have to pass the filters on all attributes.
const below = (box) => [...box.closest("li").querySelectorAll(":scope li input")];
const above = (box) => boxes.filter((other) => other !== box && below(other).includes(box));
const settle = (box) => {
  if (!box.closest(".tree")) return;
  const leaves = below(box).filter((other) => !below(other).length);
  if (leaves.length && leaves.every((leaf) => leaf.checked)) box.checked = false;
  for (const other of [...below(box), ...above(box)]) other.checked = false;
  const ticked = [...box.closest(".tree").querySelectorAll("input:checked")];
  if (new Set(ticked.map(({ name }) => name)).size < 2) return;
  for (const branch of ticked.filter((other) => below(other).length)) {
    branch.checked = false;
    for (const leaf of below(branch)) leaf.checked = !below(leaf).length;
  }
  for (const other of box.closest(".tree").querySelectorAll("input:checked")) {
    if (box.checked && !below(box).length && other.name !== box.name) other.checked = false;
  }
};
const grow = (twig, open) => {
  twig.setAttribute("aria-expanded", open);
  twig.parentElement.classList.toggle("grown", open);
};

const tokens = () => {
  const row = part(".tokens");
  row.querySelectorAll("[data-token]").forEach((token) => token.remove());
  const add = (text, undo) => {
    const token = Object.assign(document.createElement("button"), { type: "button", className: "token", textContent: text });
    token.dataset.token = "";
    token.setAttribute("aria-label", say("Remove the filter {name}", { name: text }));
    token.onclick = () => {
      undo();
      (row.querySelector("[data-token]:not(:focus)") ?? part("summary")).focus();
      choose();
    };
    row.querySelector("[data-clear]").before(token);
  };
  for (const box of boxes.filter((box) => box.checked)) add(textOf(box), () => (box.checked = false));
  for (const panel of panels) {
    const ends = bounds.filter((end) => panel.contains(end));
    if (ends.some((end) => end.value !== "")) {
      const text = `${panel.dataset.name} ${ends.map((end) => end.value).join("–")}`;
      add(text, () => ends.forEach((end) => (end.value = "")));
    }
  }
  row.hidden = !row.querySelector("[data-token]");
};

const summarise = () => {
  for (const panel of panels) {
    const ticked = boxes.filter((box) => box.checked && panel.contains(box));
    const one = ticked.length === 1 && textOf(ticked[0]);
    const ends = bounds.filter((end) => panel.contains(end)).map((end) => end.value);
    const range = ends.some((end) => end !== "") && ends.join("–");
    const name = panel.dataset.name;
    panel.querySelector("summary").textContent = ticked.length || range ? `${name}: ${range || one || ticked.length}` : name;
    panel.classList.toggle("active", ticked.length > 0 || Boolean(range));
  }
  for (const box of boxes) box.indeterminate = !box.checked && below(box).some((other) => other.checked);
  for (const twig of element.querySelectorAll("[data-twig]")) {
    if (below(twig).some((box) => box.checked)) grow(twig, true);
  }
  const active = panels.filter((panel) => panel.classList.contains("active")).length;
  part("[data-sheet]").textContent = active ? say("Filters: {count}", { count: active }) : say("Filters");
  tokens();
};

// The number of the latest choice here. An answer carries the number of the choice that it is for, so that the answer to
// an earlier choice does not undo a later one.
let choice = 0;
const hold = () => {
  const { index } = part(".facets").dataset;
  props.value = { where: selection(), sort: order?.value, index, choice };
};
const choose = () => {
  choice += 1;
  hold();
  summarise();
  noteClick("narrow", undefined, { where: selection(), sort: order?.value });
  trigger("narrow");
};
const set = (where, sort) => {
  for (const box of boxes) box.checked = meant(box).some(([name, value]) => where[name]?.includes?.(value));
  for (const end of bounds) end.value = where[end.name]?.[end.dataset.bound] ?? "";
  if (order) order.value = sort;
};
again = ({ kept }) => {
  set(kept.where, kept.sort);
  choose();
};

// The filters of an address, at once: what is chosen before its answer arrives is chosen in addition to them.
const follow = (address) => {
  choice += 1;
  const given = [...new URLSearchParams(address)];
  const has = (name, value) => given.some(([other, text]) => other === name && text === value);
  for (const box of boxes) box.checked = has(`is.${box.name}`, box.value);
  for (const end of bounds) end.value = given.find(([name]) => name === `${end.dataset.bound}.${end.name}`)?.[1] ?? "";
  if (order) order.value = given.find(([name]) => name === "sort")?.[1] ?? "closeness";
  hold();
  summarise();
};
document.addEventListener("shop:address", ({ detail }) => follow(detail));
if (location.search) follow(location.search);


const recount = () => {
  const { total } = props.value;
  const counts = { ...props.value.counts, ...props.value.nested };
  for (const box of boxes) {
    const left = counts[box.name][box.dataset.place];
    const option = box.closest("li");
    box.closest("label").querySelector(".count").textContent = inWords(left);
    option.classList.toggle("none", left === 0);
    box.disabled = left === 0 && !box.checked;
  }
  if (total === undefined) return;
  part("[data-total]").textContent = total === 1 ? say("Show 1 product") : say("Show {count} products", { count: inWords(total) });
};

watch("value", () => {
  if (props.value?.markup) {
    const { markup, ...rest } = props.value;
    part(".facets").outerHTML = markup;
    find();
    nameOrder(document.querySelector("#heading [data-kind]").dataset.kind);
    props.value = rest; // what goes back to the server
  }
  const { where = {}, sort = "closeness" } = props.value ?? {};
  const late = (props.value?.choice ?? choice) < choice;
  if (!late) set(where, sort);
  if (props.value?.counts) recount();
  if (late) hold();
  summarise();
});

// Other parts of the page change a filter too: with a value they switch it on or off, without one all of the attribute off.
document.addEventListener("shop:filter", ({ detail: { attribute, value } }) => {
  for (const box of boxes.filter((box) => meant(box).some(([name]) => name === attribute))) {
    if (value === undefined) box.checked = false;
    else if (meant(box).some(([name, own]) => name === attribute && own === value)) {
      box.checked = !box.checked;
      settle(box);
    }
  }
  for (const end of bounds.filter((end) => end.name === attribute)) end.value = "";
  choose();
});

element.addEventListener("change", (event) => {
  if (boxes.includes(event.target)) settle(event.target);
  if (boxes.includes(event.target) || bounds.includes(event.target) || event.target === order) choose();
});

// A value is found by a part of its name, and by the beginning of another word for it, which the shop's synonyms give.
const MIN_LETTERS = 3;
const plain = (text) => text.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const finds = (wanted, option) => {
  const box = option.querySelector("input");
  const singular = wanted.length > MIN_LETTERS ? wanted.replace(/s$/, "") : wanted;
  const others = wanted.length < MIN_LETTERS ? [] : (box.dataset.words ?? "").split("|").map(plain);
  return plain(textOf(box)).includes(wanted) || others.some((word) => word.startsWith(singular));
};
element.addEventListener("input", (event) => {
  if (event.target.type !== "search") return;
  const panel = event.target.closest(".panel");
  const wanted = plain(event.target.value);
  const fits = (option) => finds(wanted, option);
  for (const option of panel.querySelectorAll("li")) {
    const twig = option.querySelector(":scope > [data-twig]");
    const inside = [...option.querySelectorAll("li")].some(fits);
    option.hidden = !(fits(option) || inside || option.parentElement.closest("li:not([hidden])")?.dataset.fits);
    option.dataset.fits = fits(option) ? "yes" : "";
    if (twig) grow(twig, inside && wanted !== "");
  }
  panel.querySelector(".none-found").hidden = [...panel.querySelectorAll("li")].some((option) => !option.hidden);
});

// On a narrow screen the menus open one below the other in a sheet.
const sheet = () => part(".sheet");
const openSheet = () => {
  if (sheet().open) return;
  sheet().querySelector(".place").append(part(".menus"));
  sheet().showModal();
  announce("opened", { overlay: "filters" });
};
let isLeft = false; // closed by the page, and not by the visitor
element.addEventListener("close", (event) => {
  if (event.target !== sheet()) return;
  part("[data-sheet]").after(part(".menus"));
  part("[data-sheet]").focus();
  if (!isLeft) announce("closed");
  isLeft = false;
}, true);
document.addEventListener("shop:filters", openSheet);
const leave = () => {
  if (!sheet().open) return;
  isLeft = true;
  sheet().close();
};
document.addEventListener("shop:overlay", ({ detail }) => detail === "filters" || leave());
document.addEventListener("shop:elsewhere", leave);

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-sheet]")) openSheet();
  if (on("[data-leave]") || event.target === sheet()) sheet().close();
  if (on("[data-twig]")) grow(on("[data-twig]"), on("[data-twig]").getAttribute("aria-expanded") === "false");
  if (on("[data-more]")) {
    const all = part(".menus").classList.toggle("all");
    on("[data-more]").setAttribute("aria-expanded", all);
    on("[data-more]").textContent = say(all ? "Fewer filters" : "More filters");
  }
  if (!on("[data-clear]")) return;
  for (const box of boxes) box.checked = false;
  for (const end of bounds) end.value = "";
  if (!sheet().open) document.querySelector("#heading .heading").focus({ preventScroll: true });
  choose();
});

// One panel is open at a time, within the window; a click elsewhere or Escape closes it.
element.addEventListener("toggle", (event) => {
  if (!event.target.open || !panels.includes(event.target)) return;
  for (const panel of panels) if (panel !== event.target) panel.open = false;
  keepInWindow(event.target);
}, true);
document.addEventListener("click", (event) => {
  if (!event.target.closest("details.facet")) for (const panel of panels) panel.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && panels.find((panel) => panel.open);
  if (open) {
    if (sheet().open) event.preventDefault();
    open.open = false;
    open.querySelector("summary").focus();
  }
});
