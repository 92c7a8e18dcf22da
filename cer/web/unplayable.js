// Tells the server of a clip that this browser cannot show, once: an error, or sound without a picture.
const film = () => document.querySelector("#clip video");
let told = "";
function check(event) {
  const source = film()?.currentSrc || film()?.src;
  if (event.target !== film()) return;
  if (event.type === "error") event.stopPropagation(); // Gradio would say that it cannot be played, and no more
  if (!source || source === told) return;
  if (event.type === "loadedmetadata" && film().videoWidth) return;
  told = source;
  trigger("submit", {});
}
for (const name of ["error", "loadedmetadata"]) document.addEventListener(name, check, true);
