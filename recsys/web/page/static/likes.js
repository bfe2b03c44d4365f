// The likes are stored in this browser only. Every [data-opinion] button of the page changes them. Why this is no gr.BrowserState:
// that does not hear of changes in another tab, loads an encryption library, and gives a value to other parts of the page
// through the server alone, while a heart must be filled at once.
const key = `likes of ${props.shop}`;
const sides = ["liked", "disliked"];
const past = [];

const read = (text) => {
  const found = JSON.parse(text);
  const ids = (side) => (Array.isArray(found?.[side]) ? found[side].filter((id) => typeof id === "string") : []);
  return { ...Object.fromEntries(sides.map((side) => [side, [...new Set(ids(side))]])), ...(found?.off === true && { off: true }) };
};
const stored = () => {
  try {
    return read(localStorage.getItem(key) ?? "{}");
  } catch {
    return read("{}");
  }
};
let likes = stored();
let { panel, sheet } = props.value;

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
const use = (next) => {
  likes = next;
  paint();
  offer();
  hold();
  noteClick("taste");
  trigger("taste");
};
const keep = (next, undoable = true) => {
  if (undoable) past.push(likes);
  try {
    localStorage.setItem(key, JSON.stringify(next));
  } catch { /* without storage, the likes last as long as the page */ }
  use(next);
};

// Another tab of this browser has changed the likes.
addEventListener("storage", (event) => {
  if (event.key === key || event.key === null) use(stored());
});

const show = () => {
  const pressed = element.contains(document.activeElement) && document.activeElement.dataset.taste;
  element.querySelector("[data-panel]").innerHTML = panel;
  offer();
  const again = pressed && element.querySelector(`[data-taste="${pressed}"]:not([hidden])`);
  if (pressed) (again ?? element.querySelector(".import input")).focus();
};

// The sheet of what was liked. It stays open while its products are removed or looked at.
const dialog = () => element.querySelector("dialog");
const showSheet = () => {
  const isOpen = Boolean(dialog()?.open);
  const focused = dialog()?.contains(document.activeElement);
  element.querySelector("[data-sheet]").innerHTML = sheet ?? "";
  if (isOpen) dialog().showModal();
  if (focused) element.querySelector("#liked-name").focus();
};
let origin = null; // where the sheet was opened: the focus returns there
const openSheet = () => {
  if (!dialog() || dialog().open) return;
  origin = document.activeElement;
  dialog().showModal();
  announce("opened", { overlay: "liked=1" });
};
let isLeft = false; // closed by the page, and not by the visitor
element.addEventListener("close", () => {
  const isLost = document.activeElement === document.body || element.contains(document.activeElement);
  const ways = [origin, document.querySelector("#heading [data-liked]"), document.querySelector("#heading .heading")];
  if (isLost) ways.find((way) => way?.isConnected && way !== document.body)?.focus();
  if (!isLeft) announce("closed");
  isLeft = false;
}, true);
document.addEventListener("shop:sheet", openSheet);
const leave = () => {
  if (!dialog()?.open) return;
  isLeft = true;
  dialog().close();
};
document.addEventListener("shop:overlay", ({ detail }) => detail || leave());
document.addEventListener("shop:elsewhere", leave);

// The server sends the panel. The value sent to the server has only the ids of the present likes.
watch("value", () => {
  panel = props.value.panel ?? panel;
  if (props.value.sheet !== undefined) {
    ({ sheet } = props.value);
    showSheet();
  }
  show();
  paint();
  if (props.value.panel !== undefined) hold();
});

document.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-liked]")) openSheet();
  if (on("[data-likes]")) {
    const { off, ...others } = likes;
    keep(on("[data-likes]").dataset.likes === "off" ? { ...others, off: true } : others);
  }
  const button = on("[data-opinion]");
  if (!button) return;
  const { opinion, id } = button.dataset;
  const had = likes[opinion].includes(id);
  const next = { ...likes, ...Object.fromEntries(sides.map((side) => [side, likes[side].filter((other) => other !== id)])) };
  if (!had) next[opinion].push(id);
  keep(next);
  const name = button.getAttribute("aria-label").replace(/^[^:]*: /, "");
  const done = say(had ? "Taken back: {name}." : opinion === "liked" ? "Liked: {name}." : "Not for you: {name}.", { name });
  announce("say", `${done} ${say("{count} liked.", { count: inWords(next.liked.length) })}`);
});

const save = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify({ liked: likes.liked, disliked: likes.disliked }, null, 1)], { type: "application/json" }));
  link.download = "likes.json";
  link.click();
  URL.revokeObjectURL(link.href);
};

element.addEventListener("click", (event) => {
  const action = event.target.closest("[data-taste]")?.dataset.taste;
  if (action === "undo" && past.length) keep(past.pop(), false);
  if (action === "clear") keep(read("{}"));
  if (action === "export") save();
  if (event.target === dialog() || event.target.closest("[data-leave]")) dialog().close();
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
    announce("problem", { text: say("This is not a file of likes. Choose another one."), part: element });
  }
});

hold();
show();
showSheet();
announce("likes", likes.liked.length + likes.disliked.length > 0);
