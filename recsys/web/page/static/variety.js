const slider = element.querySelector("input");

slider.addEventListener("change", () => {
  props.value = Number(slider.value);
  trigger("vary");
});
watch("value", () => (slider.value = props.value));
