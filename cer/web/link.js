// Copies the address of a result; its numbers stand behind the "#", which browsers do not send with a request.
element.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-link]");
  if (!button) return;
  const field = element.querySelector("input");
  field.value = `${location.origin}${location.pathname}#result=${button.dataset.link}`;
  field.hidden = false;
  field.select();
  await navigator.clipboard.writeText(field.value).then(() => (button.textContent = button.dataset.copied), () => {});
});
