// The likes are stored in this browser only. Every [data-opinion] button of the page changes them.
const key = `likes of ${props.shop}`;
const sides = ["liked", "disliked"];
const past = [];

const read = (text) => {
  const found = JSON.parse(text);
  const ids = (side) => (Array.isArray(found?.[side]) ? found[side].filter((id) => typeof id === "string") : []);
  return Object.fromEntries(sides.map((side) => [side, [...new Set(ids(side))]]));
};
const stored = () => {
  try {
    return read(localStorage.getItem(key) ?? "{}");
  } catch {
    return read("{}");
  }
};
let likes = stored();
let { panel } = props.value;

const paint = () => {
  for (const button of document.querySelectorAll("[data-opinion]")) {
    button.setAttribute("aria-pressed", likes[button.dataset.opinion].includes(button.dataset.id));
  }
};
const hold = () => (props.value = likes);
const offer = () => {
  const any = likes.liked.length + likes.disliked.length > 0;
  for (const button of element.querySelectorAll("[data-taste]")) {
    button.hidden = button.dataset.taste === "undo" ? !past.length : !any;
  }
};
const keep = (next, undoable = true) => {
  if (undoable) past.push(likes);
  likes = next;
  try {
    localStorage.setItem(key, JSON.stringify(likes));
  } catch { /* without storage, the likes last as long as the page */ }
  paint();
  hold();
  noteClick("taste");
  trigger("taste");
};

const show = () => {
  const pressed = element.contains(document.activeElement) && document.activeElement.dataset.taste;
  element.querySelector("[data-panel]").innerHTML = panel;
  offer();
  const again = pressed && element.querySelector(`[data-taste="${pressed}"]:not([hidden])`);
  if (pressed) (again ?? element.querySelector(".import input")).focus();
};

// The server sends the panel. The value sent to the server has only the ids of the present likes.
watch("value", () => {
  panel = props.value.panel ?? panel;
  show();
  paint();
  if (props.value.panel !== undefined) hold();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-opinion]");
  if (!button) return;
  const { opinion, id } = button.dataset;
  const had = likes[opinion].includes(id);
  const next = Object.fromEntries(sides.map((side) => [side, likes[side].filter((other) => other !== id)]));
  if (!had) next[opinion].push(id);
  keep(next);
});

const save = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(likes, null, 1)], { type: "application/json" }));
  link.download = "likes.json";
  link.click();
  URL.revokeObjectURL(link.href);
};

element.addEventListener("click", (event) => {
  const action = event.target.closest("[data-taste]")?.dataset.taste;
  if (action === "undo" && past.length) keep(past.pop(), false);
  if (action === "clear") keep(read("{}"));
  if (action === "export") save();
  const card = event.target.closest("a[data-item]");
  if (card && isPlain(event)) {
    event.preventDefault();
    markWaiting(card);
    noteClick("open", card.dataset.item);
    trigger("open");
  }
});

element.addEventListener("change", async (event) => {
  if (event.target.type !== "file" || !event.target.files.length) return;
  try {
    keep(read(await event.target.files[0].text()));
  } catch {
    element.querySelector(".import").firstChild.textContent = "This is not a file of likes. Choose another";
  }
});

hold();
show();
announce("likes", likes.liked.length + likes.disliked.length > 0);
