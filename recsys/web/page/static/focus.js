// Draws a frame over the picture, and a numbered one over each of several things in it. A click or a drag on the picture chooses the part to search with.
const veil = document.createElement("div");
veil.className = "veil";
veil.innerHTML = `<i tabindex="0" role="group"></i>`;
const frame = veil.firstChild;
frame.ariaRoleDescription = say("frame");
frame.ariaLabel = say("The part to search with. Arrow keys move it, with Shift they change its size, Enter searches.");
let start = null;
let held; // the edges of the frame that are dragged
let drawn; // the box of the frame; undefined for the whole picture

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

const draw = (box) => {
  drawn = box;
  const [left, top, right, bottom] = box ?? [];
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
};

const drawAnswer = () => {
  const edges = element.querySelector("[data-frame]")?.dataset.frame;
  draw(edges ? edges.split(" ").map(Number) : undefined);
  drawThings();
};

const at = (event) => {
  const rect = veil.getBoundingClientRect();
  return [share((event.clientX - rect.left) / rect.width), share((event.clientY - rect.top) / rect.height)];
};

const look = (part) => {
  document.dispatchEvent(new CustomEvent("shop:fold"));
  noteClick("part", part);
  trigger("part");
};

const boxTo = (end) => (held ? dragged(held.box, held.edges, [end[0] - start[0], end[1] - start[1]]) : between(start, end));
veil.addEventListener("pointerdown", (event) => {
  start = at(event);
  const { width, height } = veil.getBoundingClientRect();
  const edges = drawn && gripAt(drawn, start, [22 / width, 22 / height]);
  held = edges && { box: drawn, edges };
  veil.setPointerCapture(event.pointerId);
});
veil.addEventListener("pointermove", (event) => start && draw(boxTo(at(event))));
veil.addEventListener("pointercancel", () => {
  start = null;
  drawAnswer();
});
veil.addEventListener("pointerup", (event) => {
  if (!start) return;
  const end = at(event);
  const isDragged = Math.hypot(end[0] - start[0], end[1] - start[1]) > 0.02;
  const box = boxTo(end);
  const thing = thingAt(start);
  if (isDragged && isBox(box)) look({ box });
  else look(thing ? { box: thing } : { point: start });
  start = null;
});

// By keyboard: the frame follows the arrows, and is searched with after a moment or by Enter.
const STEP = 0.03;
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
let resting;
frame.addEventListener("keydown", (event) => {
  const by = ARROWS[event.key];
  if (!drawn || !(by || event.key === "Enter")) return;
  event.preventDefault();
  clearTimeout(resting);
  if (event.key === "Enter") return look({ box: drawn });
  draw(dragged(drawn, event.shiftKey ? by.map((way) => (way ? 1 : 0)) : [0, 0], by));
  resting = setTimeout(() => look({ box: drawn }), 800);
});
const frameAPart = () => {
  announce("unfold");
  requestAnimationFrame(() => {
    place();
    if (!drawn) draw([0.2, 0.2, 0.8, 0.8]);
    frame.focus();
  });
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.hasAttribute("data-frame-part")) frameAPart();
  else if (button) look(button.dataset.box ? { box: button.dataset.box.split(" ").map(Number) } : null);
});

// Gradio replaces the picture's element with each picture: then the frame moves to the new one.
const follow = () => {
  place();
  drawAnswer();
  if (image() && !image().complete) image().addEventListener("load", place, { once: true });
};
const watching = new ResizeObserver(place);
watch("value", () => {
  follow();
  if (field()) watching.observe(field());
});
