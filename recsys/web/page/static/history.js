// Numbers the visitor's choices, and gives each answer and each dialog an entry in the browser's history.
// An entry has the `address` of its answer, the `picture` and the `part` that it was searched with, the `overlay` (the dialog
// that is open, "" for none), how many entries the dialog has (`depth`), whether it is `closed` again, and where the page was
// scrolled to (`top`).
let choice = 0; // the number of the visitor's latest choice
let asked = 0; // that of the latest one that leads to another answer
let settled = 0; // the latest choice that was answered
let answered = 0; // the latest one of which the answer is on the page
let returning = -1; // the choice that led to an entry that exists already
let wanted = ""; // the overlay to open once the answer of that entry is here
const isReload = performance.getEntriesByType("navigation")[0]?.type !== "navigate";
if (!isReload) history.replaceState({ ...history.state, shop: undefined }, "");

document.addEventListener("shop:click", ({ detail }) => {
  choice += 1;
  if (!("open" in detail)) asked = choice;
  props.value = { ...props.value, ...detail, choice, answered };
  announce("numbered", choice);
});

// Parameters of the address that are not ours, as those of Gradio, of the Hub and of newsletters, stay in it.
const OURS = /^(item|found|text|look|keep|varied|sort|k|offset|index|product|liked|(but|piece|is|min|max)\..*)$/;
const foreign = () => new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => !OURS.test(name)));
// ?view=api is the address of Gradio's panel about the API. Gradio does not load the panel at such an address: a first click on
// its button takes the address away, a second one opens the panel.
const isApi = () => foreign().get("view") === "api";
const openApiPanel = (tries = 50) => {
  const button = document.querySelector("footer .show-api");
  if (!button) return void (tries && setTimeout(openApiPanel, 100, tries - 1));
  button.click();
  if (!isApi()) button.click();
};
if (isApi()) openApiPanel();

const overlayIn = (search) => {
  const given = new URLSearchParams(search);
  if (given.get("product")) return `product=${encodeURIComponent(given.get("product"))}`;
  return given.has("liked") ? "liked=1" : "";
};
const answerIn = (search) => {
  const parts = search.replace(/^\?/, "").split("&");
  const nameOf = (part) => [...new URLSearchParams(part).keys()][0] ?? "";
  const kept = parts.filter((part) => OURS.test(nameOf(part)) && !/^(product|liked)(=|$)/.test(part));
  return kept.length ? `?${kept.join("&")}` : "";
};
const FILTERS = "filters"; // an overlay that no address has
const empty = { address: "", picture: "", part: "", text: "", overlay: "", depth: 0, closed: false, top: 0 };
const entry = () => ({ ...empty, ...(history.state?.shop ?? { address: answerIn(location.search), overlay: overlayIn(location.search) }) });
let shown = entry(); // the answer that is on the page

const write = (how, shop) => {
  const parts = [shop.address.slice(1), shop.overlay !== FILTERS && shop.overlay, foreign().toString()].filter(Boolean);
  const address = location.pathname + (parts.length ? `?${parts.join("&")}` : "");
  history[how]({ ...history.state, shop }, "", address);
  if (parent !== window) parent.postMessage({ queryString: parts.join("&") }, "https://huggingface.co");
};
// A closed dialog's entries are left after a moment. Until then, what comes next takes their place, and a reload is not disturbed.
let leaving = 0;
const stay = () => {
  const was = leaving;
  clearTimeout(leaving);
  leaving = 0;
  return was;
};
addEventListener("beforeunload", stay);
const push = (shop) => {
  if (stay()) return write("replaceState", { ...shop, top: 0 });
  write("replaceState", { ...entry(), top: scrollY });
  write("pushState", { ...shop, top: 0 });
};

// "Show more" lengthens an answer, and likes move the products that stand for a picture; neither makes another answer.
const essence = ({ address, picture }) => {
  const parts = address.replace(/^\?/, "").split("&");
  return parts.filter((part) => !part.startsWith("k=") && !(picture && part.startsWith("found="))).join("&");
};
const isSame = (one, other) =>
  essence(one) === essence(other) && ["picture", "part", "text"].every((name) => one[name] === other[name]);

// The browser alone keeps a small copy of the latest pictures, so that a reload and the way back can show them again.
const shop = () => `picture of ${location.pathname} `;
const copyOf = (picture) => {
  try {
    return (picture && sessionStorage.getItem(shop() + picture)) || undefined;
  } catch {
    return undefined;
  }
};
const keepCopy = async (picture) => {
  const image = document.querySelector("#picture img");
  if (!picture || copyOf(picture) || !image) return;
  const before = asked;
  try {
    await image.decode();
    const scale = Math.min(1, 480 / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth * scale, image.naturalHeight * scale].map((side) => Math.max(1, Math.round(side)));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    if (before !== asked) return;
    const order = JSON.parse(sessionStorage.getItem(shop()) ?? "[]");
    order.push(picture);
    while (order.length > 8) sessionStorage.removeItem(shop() + order.shift());
    sessionStorage.setItem(shop() + picture, canvas.toDataURL("image/jpeg", 0.85));
    sessionStorage.setItem(shop(), JSON.stringify(order));
  } catch { /* without storage or a readable picture, the entry is opened by its address alone */ }
};

const visit = (to, reload = false) => {
  const { address, picture, part, text } = to;
  returning = choice + 1;
  noteClick("visit", { address, picture, part, text, ...(reload && { reload: "1" }) });
  props.value = { ...props.value, preview: copyOf(picture) };
  announce("address", address);
  const isSearch = picture || /[?&](item|found|text)=/.test(address);
  announce("picture", { link: copyOf(picture) ?? "", kind: isSearch ? "picture" : "window", isNew: false });
  trigger("visit");
};

const openOverlay = (overlay) => {
  if (overlay === "liked=1") announce("sheet");
  if (overlay === FILTERS) announce("filters");
  if (!overlay.startsWith("product=")) return;
  noteClick("open", decodeURIComponent(overlay.slice("product=".length)));
  trigger("open");
};

const settle = (number) => {
  settled = Math.max(settled, number);
  if (number < choice) return false;
  document.querySelectorAll(".waiting").forEach((button) => button.classList.remove("waiting"));
  return true;
};

// The heading brings each answer: { link, choice, picture, part, text, words }.
document.addEventListener("shop:answer", ({ detail }) => {
  const number = Number(detail.choice ?? 0);
  if (props.value.preview) props.value = { ...props.value, preview: undefined };
  const { link: address = "", picture = "", part = "", text = "" } = detail;
  shown = { ...empty, address, picture, part, text };
  settle(number);
  // An older answer that came after the latest one has taken its place on the page.
  if (number < answered && answered === asked) return visit(entry());
  if (number < asked) return;
  answered = number;
  announce("latest");
  announce("words", detail.words ?? "");
  keepCopy(shown.picture);
  const now = entry();
  const isOver = now.overlay && document.querySelector("dialog[open]");
  if (number === returning) {
    returning = -1;
    write("replaceState", { ...now, ...shown, overlay: now.overlay, depth: now.depth, top: now.top });
    scrollTo({ top: now.top, behavior: "instant" });
    if (wanted) openOverlay(wanted);
    wanted = "";
  } else if (isSame(shown, now)) {
    write("replaceState", { ...shown, top: now.top, ...(isOver && { overlay: now.overlay, depth: now.depth }) });
  } else if (isOver) {
    // The dialog was opened before this answer came, or the answer changes below it: the answer's step comes before it.
    write("replaceState", shown);
    write("pushState", { ...shown, overlay: now.overlay, depth: 1 });
  } else push(shown);
});

// A product, the sheet of likes or that of the filters was opened: { overlay, choice }.
document.addEventListener("shop:opened", ({ detail }) => {
  settle(Number(detail.choice ?? 0));
  const now = entry();
  const isSameKind = now.overlay.split("=")[0] === detail.overlay.split("=")[0];
  const depth = isSameKind ? now.depth + (leaving ? 0 : 1) : 1;
  if (now.overlay !== detail.overlay) push({ ...now, overlay: detail.overlay, depth, closed: false });
  else write("replaceState", { ...now, closed: false });
  stay();
});

// The visitor closed a dialog: back to the answer below it. Of several entries, all but one are left at once.
let skipping = false;
let isOwn = false; // the page goes back, and not the visitor
document.addEventListener("shop:closed", () => {
  const now = entry();
  if (!now.overlay) return;
  if (!now.depth) return write("replaceState", { ...now, overlay: "" });
  write("replaceState", { ...now, closed: true }); // for a reload before the browser has gone back
  leaving = setTimeout(() => {
    leaving = 0;
    isOwn = true;
    history.back();
  }, 250);
  skipping = now.depth > 1;
  if (skipping) history.go(1 - now.depth);
});

addEventListener("popstate", () => {
  const to = entry();
  if (skipping) {
    skipping = false;
    return write("replaceState", { ...to, closed: true });
  }
  if (stay() && !to.overlay) return history.back(); // from a dialog that was closed already
  const wasOwn = isOwn;
  isOwn = false;
  if (wasOwn && answered < asked) return; // the answer that is under way is the next step
  const isWaiting = !wasOwn && (settled < choice || answered < asked);
  announce("overlay", to.overlay);
  wanted = "";
  if (!isSame(to, shown) || isWaiting) {
    wanted = to.overlay;
    return visit(to);
  }
  write("replaceState", { ...to, address: shown.address });
  openOverlay(to.overlay);
});

let resting;
addEventListener("scroll", () => {
  clearTimeout(resting);
  resting = setTimeout(() => settled < choice || write("replaceState", { ...entry(), top: scrollY }), 200);
});

// The likes are read when the page starts. The first answer is asked for after that.
document.addEventListener("shop:likes", ({ detail: hasLikes }) => {
  const before = entry();
  const first = before.closed ? { ...before, overlay: "", depth: 0, closed: false } : before;
  write("replaceState", first);
  history.scrollRestoration = "manual";
  wanted = first.overlay;
  if (first.address || first.picture || hasLikes) visit(first, isReload);
  else {
    scrollTo({ top: first.top, behavior: "instant" });
    openOverlay(first.overlay);
  }
}, { once: true });
