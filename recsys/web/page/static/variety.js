const slider = element.querySelector("input");

slider.addEventListener("change", () => {
  props.value = Number(slider.value);
  noteClick("vary");
  trigger("vary");
});
const follow = (address) => {
  slider.value = new URLSearchParams(address).get("varied") ?? 0;
  props.value = Number(slider.value);
};
follow(location.search);
document.addEventListener("shop:address", ({ detail }) => follow(detail));
watch("value", () => (slider.value = props.value));
