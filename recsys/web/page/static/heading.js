// On a narrow screen a new search scrolls to its results.
const current = () => element.querySelector("[data-query]");
let last = current()?.dataset.query;

// After a picture was given, the focus goes on to its answer: it was on a button that is far from there, or hidden by now.
// Its ring is for those who go on by keyboard.
let isGiven = false;
let isByKeyboard = false;
document.addEventListener("keydown", () => (isByKeyboard = true), true);
document.addEventListener("pointerdown", () => (isByKeyboard = false), true);
document.addEventListener("shop:acting", ({ detail }) => {
  isGiven = ["give", "pick", "photo", "link", "part"].includes(detail.event);
});
const goOn = () => {
  const at = document.activeElement;
  if (isGiven && (at === document.body || at.closest("#examples, #picture .give, #picture input"))) {
    const heading = element.querySelector(".heading");
    document.querySelector("#heading").classList.toggle("ringless", !isByKeyboard);
    heading.focus({ preventScroll: true });
  }
  isGiven = false;
};

watch("value", () => {
  const now = current()?.dataset.query;
  const stacked = matchMedia("(max-width: 900px)").matches;
  if (now !== last && current()?.dataset.link && stacked) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
  }
  last = now;
  announceAnswer();
  goOn();
});

// An answer that arrives while the page is being left cannot be written into the history. It counts as not answered. If the page
// stays, as after a download, the answer is announced a second later.
let isLeft = false;
let isLate = false;
const announceAnswer = () => {
  isLate = isLeft;
  if (!isLeft) announce("answer", { ...current()?.dataset });
};
addEventListener("beforeunload", () => {
  isLeft = true;
  setTimeout(() => {
    isLeft = false;
    if (isLate) announceAnswer();
  }, 1000);
});

const share = async (button) => {
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = say("Copied");
  } catch {
    button.textContent = say("Copy it from the address bar");
  }
  setTimeout(() => (button.textContent = words), 2000);
};

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("a[data-item]") && isPlain(event)) {
    event.preventDefault();
    markWaiting(on("a[data-item]"));
    noteClick("open", on("a[data-item]").dataset.item);
    trigger("open");
  }
  if (on("[data-back]")) {
    element.querySelector(".heading").focus();
    noteClick("back");
    trigger("back");
  }
  if (on("[data-point-out]")) {
    document.dispatchEvent(new CustomEvent("shop:unfold"));
    document.querySelector("#picture").scrollIntoView({ block: "center" });
  }
  if (on("[data-share]")) share(on("[data-share]"));
  if (on("[data-attribute]")) {
    document.dispatchEvent(new CustomEvent("shop:filter", { detail: { ...on("[data-attribute]").dataset } }));
  }
  if (on("[data-words-left]")) {
    element.querySelector(".heading").focus({ preventScroll: true });
    noteClick("words", on("[data-words-left]").dataset.wordsLeft);
    trigger("words");
  }
  const other = on("[data-but]")?.dataset;
  if (other) {
    const menu = element.querySelector("details.menu");
    menu.open = false;
    menu.querySelector("summary").focus();
    noteClick("but", { attribute: other.but, value: other.value });
    trigger("but");
  }
  if (on("[data-slot]")) {
    noteClick("dress", { ...on("[data-slot]").dataset });
    trigger("dress");
  }
});

element.addEventListener("toggle", ({ target }) => target.open && keepInWindow(target), true);
document.addEventListener("click", (event) => {
  const menu = element.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
element.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && element.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
