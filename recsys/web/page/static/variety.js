// Why this is no gr.Slider: each choice gets its number in the order of all choices before it is sent, the address sets it, and
// an answer to an earlier choice must not move it back. A script would have to add all three to that slider too.
const slider = element.querySelector("input");
let chosen = null; // what the visitor or the address chose, until its answer is here

const hold = (value) => (props.value = chosen = Number(value));
slider.addEventListener("change", () => {
  hold(slider.value);
  noteClick("vary", undefined, slider.value);
  trigger("vary");
});
again = ({ kept }) => {
  slider.value = kept;
  slider.dispatchEvent(new Event("change"));
};
watch("value", () => {
  if (chosen !== null) props.value = chosen;
  slider.value = props.value;
});
const follow = (address) => {
  slider.value = new URLSearchParams(address).get("varied") ?? 0;
  hold(slider.value);
};
if (location.search) follow(location.search);
document.addEventListener("shop:address", ({ detail }) => follow(detail));
document.addEventListener("shop:latest", () => (chosen = null));
