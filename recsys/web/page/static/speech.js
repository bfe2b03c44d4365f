// Speaks what happens, from a place that no answer replaces, and leads past the controls to the products.
const spoken = Object.assign(document.createElement("p"), { className: "unseen" });
spoken.setAttribute("role", "status");
document.body.append(spoken);
const slow = say("This takes longer than usual: the model may still be loading.");
document.documentElement.style.setProperty("--slow", JSON.stringify(slow));
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-skip]")) return;
  event.preventDefault();
  (document.querySelector("#cards .front > a") ?? document.querySelector("#heading .heading")).focus();
});
document.addEventListener("shop:say", ({ detail }) => (spoken.textContent = spoken.textContent === detail ? `${detail} ` : detail));
document.addEventListener("shop:answer", () => {
  const text = [...document.querySelectorAll("#heading h2, #heading [role=status]")].map((part) => part.textContent).join(". ");
  announce("say", text);
});

