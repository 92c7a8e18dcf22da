// A clip may be dropped anywhere on the player. Runs once; Gradio's own places for files take what is dropped on them.
const stage = () => document.querySelector("#stage");
const free = (event) => stage()?.contains(event.target) && !event.target.closest("[data-testid=file-upload], .wrap.center");
document.addEventListener("dragover", (event) => free(event) && event.preventDefault());
document.addEventListener("drop", (event) => {
  const input = document.querySelector("#choose")?.parentElement.querySelector("input[type=file]");
  if (event.defaultPrevented || !free(event) || !input || !event.dataTransfer.files.length) return;
  event.preventDefault();
  const first = new DataTransfer();
  first.items.add(event.dataTransfer.files[0]);
  input.files = first.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
