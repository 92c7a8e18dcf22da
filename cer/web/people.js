// Choosing a person by their picture. Runs once, with `element` the component that holds the pictures.
element.addEventListener(
  "click",
  (event) => {
    event.stopPropagation();
    const button = event.target.closest("button[data-person]");
    if (button) trigger("click", { person: Number(button.dataset.person) });
  },
  true,
);
