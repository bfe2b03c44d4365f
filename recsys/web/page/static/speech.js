// Speaks what happens to who does not see it, from a place that no answer replaces.
const spoken = Object.assign(document.createElement("p"), { className: "unseen" });
spoken.setAttribute("role", "status");
document.body.append(spoken);
document.addEventListener("shop:say", ({ detail }) => (spoken.textContent = spoken.textContent === detail ? `${detail} ` : detail));
document.addEventListener("shop:answer", () => {
  const text = [...document.querySelectorAll("#heading h2, #heading [role=status]")].map((part) => part.textContent).join(". ");
  announce("say", text);
});

