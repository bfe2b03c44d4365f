// Takes a picture from the camera, a file, the clipboard or a drop, shows it at once, makes it small and sends it.
// The component's value is what the server reads: { path } of the file that was sent; the server may answer with { url }, a
// picture to show, or null for none.
const find = (selector) => element.querySelector(selector);
const [shown, file, camera, drop] = [".shown", "input[type=file]", ".camera", ".drop"].map(find);
const image = () => shown.querySelector("img");
const columns = () => document.querySelector("#columns");
let given = 0;
let copy = ""; // the picture that is on its way, as a data: link
let latest = 0; // the number of the visitor's latest choice
let shownFor = 0; // the choice that the picture is for; Infinity while the picture is on its way
document.addEventListener("shop:numbered", ({ detail }) => (latest = detail));

const show = (url) => {
  const before = image();
  if (before?.src.startsWith("blob:") && before.src !== url) URL.revokeObjectURL(before.src);
  before?.remove();
  shown.hidden = !url;
  if (!url) return;
  const picture = Object.assign(new Image(), { alt: shown.dataset.alt, src: url });
  picture.onerror = () => picture === image() && show("");
  shown.prepend(picture);
};
const fold = (open = false) => {
  columns().classList.toggle("unfolded", open);
  find("[data-unfold]").setAttribute("aria-expanded", open);
  dispatchEvent(new Event("resize"));
};

// Until the answer is here, the heading is not that of the products before.
const awaitAnswer = (isAwaited) => {
  columns().classList.toggle("awaiting", isAwaited);
  if (isAwaited) announce("say", document.querySelector("#heading .awaited")?.textContent);
};
document.addEventListener("shop:latest", () => awaitAnswer(false));
document.addEventListener("shop:problem", ({ detail }) => detail.text && awaitAnswer(!find(".sending").hidden));

// The page takes the form of an answer at once, with empty cards, and not when the answer comes. What moves is hidden for a moment.
const expect = (kind, isNew = true) => {
  const heading = document.querySelector("#heading [data-kind]");
  columns().classList.toggle("searching", kind !== "window");
  awaitAnswer(isNew && Boolean(image()));
  if (!heading || heading.dataset.kind !== "window" || kind === "window") return () => {};
  const answer = document.querySelector("#answer");
  const turn = (to) => {
    answer.style.visibility = "hidden";
    heading.dataset.kind = to;
    requestAnimationFrame(() => requestAnimationFrame(() => (answer.style.visibility = "")));
  };
  turn(kind);
  return () => heading.isConnected && turn("window");
};
const complain = (text) => announce("problem", { text, part: element });

const stopSending = () => {
  given += 1;
  find(".sending").hidden = true;
  columns().classList.remove("sending");
  awaitAnswer(false);
};

let takeBack = () => {}; // what the page has shown for the latest picture before its answer
const give = async (picture) => {
  const turn = (given += 1);
  const before = image()?.src ?? "";
  complain("");
  announce("elsewhere");
  fold();
  show(URL.createObjectURL(picture));
  shownFor = Infinity;
  takeBack = expect("picture");
  find(".sending").hidden = false;
  columns().classList.add("sending");
  try {
    const ready = await small(picture).catch(() => picture);
    const kept = await copyOf(ready);
    if (turn !== given) return;
    copy = kept;
    const path = await sendOnce(ready, turn);
    if (turn !== given) return;
    complain("");
    props.value = { path };
    noteClick("give", undefined, copy);
    shownFor = latest;
    trigger("give");
  } catch (request) {
    if (turn !== given) return;
    shownFor = 0;
    show(before.startsWith("blob:") ? "" : before);
    takeBack();
    complain(refusal(request));
    awaitAnswer(false);
  } finally {
    if (turn === given) {
      find(".sending").hidden = true;
      columns().classList.remove("sending");
    }
  }
};

// The picture that is in a data: link, which is sent like a file.
const unpack = (link, part = element) => {
  const [head, data] = link.split(",", 2);
  try {
    if (!/;base64$/i.test(head)) throw new TypeError("not base64");
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    give(new File([bytes], "pasted", { type: head.slice(5).split(";")[0] }));
  } catch {
    announce("problem", { text: say("There is no picture in this link. Choose a file instead."), part });
  }
};
document.addEventListener("shop:unpack", ({ detail }) => unpack(detail.link, detail.part));

const follow = (link) => {
  complain("");
  columns().classList.remove("searching");
  noteClick("link", link);
  trigger("link");
};

// An answer to an earlier choice does not change the picture that the visitor has chosen since.
watch("value", () => {
  if (props.value?.url && (props.value.choice ?? shownFor) >= shownFor) show(props.value.url);
  if (props.value === null && shownFor < Infinity) show("");
});

// After the connection was lost.
const isSending = () => !find(".sending").hidden;
document.addEventListener("shop:leaving", ({ detail }) => isSending() && detail.push({ place: "picture", event: "give", kept: copy }));
const againAsEver = again;
again = (choice) => {
  const { event, clicked, kept } = choice;
  if (event === "link") return follow(clicked);
  if (event === "remove") show("");
  if (event !== "give") return againAsEver(choice);
  if (kept) unpack(kept);
  else complain(say("The picture could not be sent, because the connection was lost. Choose it again."));
};

// Another part of the page has a picture to show at once, such as an example, or "" for none. `kind` is that of its answer.
document.addEventListener("shop:picture", ({ detail: { link, kind, isNew } }) => {
  fold();
  show(link);
  shownFor = latest;
  expect(kind, isNew);
});

// A search that was started while a picture is on its way takes its place.
document.addEventListener("shop:click", ({ detail }) => {
  if (!["pick", "photo", "link", "similar", "visit", "words"].some((event) => event in detail)) return;
  stopSending();
});

document.addEventListener("shop:unfold", () => fold(true));
document.addEventListener("shop:fold", () => fold());

file.addEventListener("change", () => {
  if (file.files.length) give(file.files[0]);
  file.value = "";
});

const leaveCamera = () => {
  for (const track of camera.querySelector("video").srcObject?.getTracks() ?? []) track.stop();
  camera.querySelector("video").srcObject = null;
  if (camera.open) camera.close();
};
const openCamera = async () => {
  complain("");
  if (matchMedia("(pointer: coarse)").matches) {
    const phone = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", capture: "environment" });
    phone.onchange = () => phone.files.length && give(phone.files[0]);
    return phone.click();
  }
  const video = camera.querySelector("video");
  try {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: { ideal: "environment" } } });
    camera.showModal();
    await video.play();
  } catch {
    leaveCamera();
    complain(say("The camera cannot be opened here. Allow it in the browser, or choose a picture instead."));
  }
};
const shoot = () => {
  const video = camera.querySelector("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  leaveCamera();
  canvas.toBlob((blob) => blob && give(new File([blob], "photo.jpg", { type: "image/jpeg" })), "image/jpeg", 0.92);
};
camera.addEventListener("close", leaveCamera);

const pasteFromClipboard = async () => {
  complain("");
  try {
    for (const entry of await navigator.clipboard.read()) {
      const type = entry.types.find((name) => name.startsWith("image/"));
      if (type) return give(new File([await entry.getType(type)], "pasted", { type }));
    }
    complain(say("There is no picture in the clipboard. Copy one first."));
  } catch {
    complain(say("The browser does not let this page read the clipboard. Press Ctrl+V or ⌘V instead."));
  }
};

element.addEventListener("click", (event) => {
  const on = (selector) => event.target.closest(selector);
  if (on("[data-camera]")) openCamera();
  if (on("[data-choose]")) file.click();
  if (on("[data-paste]")) pasteFromClipboard();
  if (on("[data-shoot]")) shoot();
  if (on("[data-leave]")) leaveCamera();
  if (on("[data-unfold]") || (event.target === image() && getComputedStyle(find("[data-unfold]")).display !== "none")) {
    fold(!columns().classList.contains("unfolded"));
  }
  if (on("[data-remove]")) {
    stopSending();
    takeBack();
    shownFor = 0;
    show("");
    fold();
    noteClick("remove");
    trigger("remove");
    find("[data-choose]").focus();
  }
});

// A paste or a drop anywhere on the page: a picture, a picture of another page, or a link.
const isText = (target) => target.closest?.("input:not([type=file]), textarea, [contenteditable=true]");
const isPicture = (link) => /^data:image\//i.test(link);
const linkIn = (data) => {
  const html = new DOMParser().parseFromString(data.getData("text/html"), "text/html");
  const link = html.querySelector("img")?.src || data.getData("text/uri-list").split("\n")[0] || data.getData("text/plain");
  return /^https?:\/\/\S+$/.test(link.trim()) || isPicture(link) ? link.trim() : "";
};
const take = (data) => {
  const picture = [...data.files].find(({ type, name }) => type.startsWith("image/") || /\.hei[cf]$/i.test(name));
  const link = picture ? "" : linkIn(data);
  if (picture) give(picture);
  if (link) (isPicture(link) ? unpack : follow)(link);
  return picture || link;
};
document.addEventListener("paste", (event) => {
  if (!isText(event.target) && take(event.clipboardData)) event.preventDefault();
});
const isOurs = ({ dataTransfer }) => ["Files", "text/uri-list", "text/html"].some((type) => dataTransfer?.types.includes(type));
let own = false;
document.addEventListener("dragstart", () => (own = true));
document.addEventListener("dragend", () => (own = false));
document.addEventListener("dragover", (event) => {
  if (own || !isOurs(event) || isText(event.target)) return;
  event.preventDefault();
  drop.hidden = false;
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.hidden = true;
});
document.addEventListener("drop", (event) => {
  drop.hidden = true;
  if (own || !isOurs(event) || isText(event.target)) return;
  event.preventDefault();
  if (!take(event.dataTransfer)) complain(say("That is not a picture or a link to one."));
});
