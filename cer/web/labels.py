"""The texts of the page that stand there before anybody has asked for anything, in every language: the browser chooses.

What is said in answer to a visitor is said in their language by the server (`cer.words.speaking`). Both go by the first
language of the browser.
"""

from typing import Any

import gradio as gr
from gradio.i18n import I18nData

from cer.words import fixed_language, languages, say, speaking

_FALLBACK = "en"  # what Gradio takes where a browser's language has no texts


class Labels:
    """Collects the texts as a page is built: call it for each, and give `translations` to `launch`."""

    def __init__(self) -> None:
        fixed = fixed_language()
        self._languages = {_FALLBACK: fixed} if fixed else {name: name for name in languages()}
        self._texts: dict[str, dict[str, str]] = {name: {} for name in self._languages}

    def __call__(self, key: str, **fills: Any) -> I18nData:
        """A stand-in for the sentence "part.name", which each browser replaces by its own."""
        name = f"cer_{key.replace('.', '_')}"  # Gradio takes a dot for a step into a nested table
        for texts, sentence in zip(self._texts.values(), self.say_all(key, **fills).values(), strict=True):
            texts[name] = sentence
        return I18nData(name)

    def say_all(self, key: str, **fills: Any) -> dict[str, str]:
        """The sentence in every language, by its code."""
        sentences = {}
        for name, chosen in self._languages.items():
            with speaking(chosen):
                sentences[name] = say(key, **fills)
        return sentences

    @property
    def translations(self) -> gr.I18n:
        return gr.I18n(**self._texts)
