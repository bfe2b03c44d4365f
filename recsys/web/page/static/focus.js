// Draws a frame over the picture, and a numbered one over each of several things in it. A click or a drag on the picture chooses the part to search with.
const veil = document.createElement("div");
veil.className = "veil";
veil.innerHTML = "<i></i>";
const frame = veil.firstChild;
let start = null;

const field = () => document.querySelector("#picture");
const image = () => field()?.querySelector("img");
const active = () => element.querySelector(".focus") && image()?.naturalWidth;

// The rectangle of the picture within its element, which has other proportions.
const painted = () => {
  const shown = image();
  const outer = shown.getBoundingClientRect();
  const scale = Math.min(outer.width / shown.naturalWidth, outer.height / shown.naturalHeight);
  const [width, height] = [shown.naturalWidth * scale, shown.naturalHeight * scale];
  return { left: outer.left + (outer.width - width) / 2, top: outer.top + (outer.height - height) / 2, width, height };
};

const draw = ([left, top, right, bottom] = []) => {
  frame.hidden = left === undefined;
  const part = { left, top, width: right - left, height: bottom - top };
  if (!frame.hidden) for (const [side, share] of Object.entries(part)) frame.style[side] = `${100 * share}%`;
};

const things = () => [...element.querySelectorAll("[data-box]")].map((button) => button.dataset.box.split(" ").map(Number));

const drawThings = () => {
  veil.querySelectorAll("b").forEach((mark) => mark.remove());
  things().forEach(([left, top, right, bottom], number) => {
    const mark = document.createElement("b");
    mark.textContent = number + 1;
    const part = { left, top, width: right - left, height: bottom - top };
    for (const [side, share] of Object.entries(part)) mark.style[side] = `${100 * share}%`;
    veil.append(mark);
  });
};

const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
const thingAt = ([x, y]) =>
  things()
    .filter(([left, top, right, bottom]) => left <= x && x <= right && top <= y && y <= bottom)
    .sort((one, other) => area(one) - area(other))[0];

const place = () => {
  if (!active()) return veil.remove();
  const parent = image().parentElement;
  if (veil.parentElement !== parent) parent.append(veil);
  const [rect, origin] = [painted(), (veil.offsetParent ?? parent).getBoundingClientRect()];
  Object.assign(veil.style, {
    left: `${rect.left - origin.left}px`, top: `${rect.top - origin.top}px`, width: `${rect.width}px`, height: `${rect.height}px`,
  });
  const edges = element.querySelector("[data-frame]").dataset.frame;
  draw(edges ? edges.split(" ").map(Number) : undefined);
  drawThings();
};

const at = (event) => {
  const rect = veil.getBoundingClientRect();
  const share = (value) => Math.min(1, Math.max(0, value));
  return [share((event.clientX - rect.left) / rect.width), share((event.clientY - rect.top) / rect.height)];
};
const between = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u), Math.max(y, v)];
const isBox = ([left, top, right, bottom]) => right - left > 0.05 && bottom - top > 0.05;

const look = (part) => {
  document.dispatchEvent(new CustomEvent("shop:fold"));
  noteClick("part", part);
  trigger("part");
};

veil.addEventListener("pointerdown", (event) => {
  start = at(event);
  veil.setPointerCapture(event.pointerId);
});
veil.addEventListener("pointermove", (event) => start && draw(between(start, at(event))));
veil.addEventListener("pointercancel", () => {
  start = null;
  place();
});
veil.addEventListener("pointerup", (event) => {
  if (!start) return;
  const box = between(start, at(event));
  const thing = thingAt(start);
  if (isBox(box)) look({ box });
  else look(thing ? { box: thing } : { point: start });
  start = null;
});

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) look(button.dataset.box ? { box: button.dataset.box.split(" ").map(Number) } : null);
});

// Gradio replaces the picture's element with each picture: then the frame moves to the new one.
const follow = () => {
  place();
  if (image() && !image().complete) image().addEventListener("load", place, { once: true });
};
const watching = new ResizeObserver(place);
watch("value", () => {
  follow();
  if (field()) watching.observe(field());
});
