// What a walk reads from the page and does on it. A modal dialog hides what is behind it.
const top_ = () => [...document.querySelectorAll("dialog[open]")].at(-1);
const within = (element) => !top_() || top_().contains(element);
const ticked = () => [...document.querySelectorAll("#filters input[type=checkbox]:checked")].map((box) => [box.name, box.hasAttribute("data-absent") ? null : box.value]);
const data = (selector, name) => [...document.querySelectorAll(selector)].map((element) => element.dataset[name]);

// Which requests are under way: those that are being sent, and the events of Gradio that have no answer yet.
const sending = new Set();
const answered = new Set();
const joined = new Set();
const fetch_ = window.fetch;
const follow = async (body) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (text + part.value).split("\n");
    text = lines.pop();
    for (const line of lines.filter((line) => line.includes('"process_completed"'))) answered.add(line.match(/"event_id": ?"(\w+)"/)[1]);
  }
};
window.fetch = async (...given) => {
  const url = String(given[0].url ?? given[0]);
  if (url.includes("/queue/data")) {
    const answer = await fetch_(...given);
    follow(answer.clone().body).catch(() => {}); // it was closed
    return answer;
  }
  if (!url.includes("/queue/join")) return fetch_(...given);
  sending.add(given);
  try {
    const answer = await fetch_(...given);
    joined.add((await answer.clone().json()).event_id);
    return answer;
  } finally {
    sending.delete(given);
  }
};

// A closed sheet of filters is not in the address: until its step is left, Forward leads nowhere, and Back past it.
const isLeavingDialog = () => history.state?.shop?.closed === true;

window.walk = {
  read: () => {
    const heading = document.querySelector("#heading [data-kind]");
    const status = document.querySelector("#heading [role=status]").textContent;
    const open = top_();
    return {
      kind: heading.dataset.kind,
      title: heading.querySelector("h2").textContent,
      look: "look" in heading.dataset,
      words: heading.dataset.words,
      field: document.querySelector("#link input").value,
      picture: Boolean(document.querySelector("#picture .shown:not([hidden]) img")),
      frame: Boolean(document.querySelector("#part .focus")?.dataset.frame),
      back: heading.querySelector("[data-back]")?.textContent ?? "",
      ids: data("#cards .card .front > a", "item"),
      total: Number((status.match(/of ([\d,]+)/)?.[1] ?? status.match(/([\d,]+) product/)?.[1] ?? "-1").replaceAll(",", "")),
      liked: data("#cards .card [data-opinion=liked][aria-pressed=true]", "id"),
      disliked: data("#cards .card [data-opinion=disliked][aria-pressed=true]", "id"),
      kept: data("#cards [data-act=keep][aria-pressed=true]", "slot"),
      slots: data("#cards [data-act=swap]", "slot"),
      but: [...document.querySelectorAll("#heading .tools > [data-but][data-value='']")].map((chip) => [chip.dataset.but, chip.textContent.trim().replace(/^but /, "")]),
      where: ticked(),
      tokens: document.querySelectorAll("#filters [data-token]").length,
      pressed: [...document.querySelectorAll("#heading [data-attribute][aria-pressed=true]")].map(({ dataset }) => [dataset.attribute, dataset.value]),
      sort: document.querySelector("#filters [data-sort]")?.value ?? "closeness",
      variety: Number(document.querySelector("#variety input").value),
      longer: Boolean(document.querySelector("#cards [data-longer]")),
      next: Boolean(document.querySelector("#cards [data-page=next]")),
      previous: Boolean(document.querySelector("#cards [data-page=previous]")),
      overlay: !open ? "" : open.dataset.id ? `product=${open.dataset.id}` : open.classList.contains("liked") ? "liked" : "filters",
      likes: Object.entries(localStorage).filter(([name]) => name.startsWith("likes of")).map(([, text]) => JSON.parse(text))[0] ?? {},
      address: [...new URLSearchParams(location.search)],
      problem: [...document.querySelectorAll(".toast-body, .problem")].map((part) => part.textContent.trim()).filter(Boolean),
    };
  },
  within,
  isBusy: () => isLeavingDialog() || sending.size > 0 || [...joined].some((event) => !answered.has(event)) || !document.querySelector("#picture .sending").hidden,
  find: (selector, place = 0) => [...document.querySelectorAll(selector)].filter(within)[place],
  press: ([selector, place]) => {
    const found = walk.find(selector, place);
    if (!found || found.disabled) return null;
    found.click();
    return { ...found.dataset };
  },
  set: ([selector, value]) => {
    const field = walk.find(selector);
    if (!field) return null;
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return {};
  },
  say: (text) => {
    const field = walk.find("#link input");
    if (!field) return null;
    field.value = text;
    field.form.requestSubmit();
    return {};
  },
  // Presses a box or a token; returns the value that it ticked, or does not tick any more.
  tick: ([selector, place]) => {
    const before = ticked().map((pair) => JSON.stringify(pair));
    const found = selector === "box" ? walk.find(`#filters input[type=checkbox][name="${place[0]}"]${place[1] === null ? "[data-absent]" : `[value="${CSS.escape(place[1])}"]`}`) : walk.find(selector, place);
    if (!found || found.disabled) return null;
    found.click();
    const after = ticked().map((pair) => JSON.stringify(pair));
    const changed = [...before.filter((pair) => !after.includes(pair)), ...after.filter((pair) => !before.includes(pair))];
    return changed.length === 1 ? JSON.parse(changed[0]) : null;
  },
};
