watch("value", () => props.value && announce(props.value.lost ? "lost" : "problem", props.value));
