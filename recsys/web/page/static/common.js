// Every script of the page begins with these lines.

// Handlers read what was clicked from the value of #clicks. They cannot read it from the event: one that has to wait for
// the answer to an earlier one is sent by Gradio with the data of the earlier one.
const noteClick = (event, clicked) => document.dispatchEvent(new CustomEvent("shop:click", { detail: { [event]: clicked } }));

// A click that should act on the page, and not open a link in a new tab.
const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;

