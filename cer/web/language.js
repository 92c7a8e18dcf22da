// What the page's scripts say, in the language that Gradio has chosen too: the browser's, English where there is none.
() => {
  const texts = TEXTS;
  window.cerTexts = texts[navigator.language.split("-")[0].toLowerCase()] ?? texts.en;
  document.documentElement.lang = window.cerTexts.language;
  document.title = window.cerTexts.title;
};
