const slider = element.querySelector("input");
let chosen = null; // what the visitor or the address chose, until its answer is here

const hold = (value) => (props.value = chosen = Number(value));
slider.addEventListener("change", () => {
  hold(slider.value);
  noteClick("vary");
  trigger("vary");
});
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
document.addEventListener("shop:answer", () => (chosen = null));
