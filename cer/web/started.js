// A sign of life in the moment of the click; the server's first word replaces it.
() => {
  const place = document.querySelector("#progress .html-container > div") ?? document.querySelector("#progress");
  if (place) place.innerHTML = `<div class="state" role="status"><span>${window.cerTexts["clip.started"]}</span><progress></progress></div>`;
};
