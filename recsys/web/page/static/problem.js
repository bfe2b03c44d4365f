watch("value", () => props.value && announce("problem", props.value));
