document.addEventListener("shop:click", ({ detail }) => (props.value = { ...props.value, ...detail }));
