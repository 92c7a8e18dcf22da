"""The page as Gradio serves it, without what it must not tell: paths of this machine, and those a caller sent."""

import logging
from typing import Any

import gradio as gr
from gradio.mcp import GradioMCPServer

from cer.web.labels import Labels
from cer.web.watching import refuse
from cer.words import language_of, say, speaking

FRAMES = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"  # where a Space is embedded

_POLICY = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio's own page is made of inline scripts
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    f"frame-ancestors {FRAMES}",
)

HEADERS = (
    ("content-security-policy", "; ".join(_POLICY)),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(self), microphone=(self), geolocation=()"),
)
"""Of every answer. Frames are allowed by the policy alone: X-Frame-Options knows no list."""


def correct_mcp_text() -> None:
    """Take out of the tools' descriptions a sentence of Gradio's: it recommends a path that Gradio then refuses. What
    is taken stands in the description of each input.
    """
    GradioMCPServer._file_data_tool_description = property(lambda server: "")  # type: ignore[method-assign,assignment]


class Page(gr.Blocks):
    """Blocks that answer in the visitor's language, and whose errors quote no path.

    Attributes:
        labels: the texts that browsers translate.
    """

    def __init__(self, **named: Any) -> None:
        self.labels = Labels()
        super().__init__(**named)

    async def process_api(self, *args: Any, **named: Any) -> dict[str, Any]:
        """As Gradio's; what it refuses before our own code is asked is said in words, and logged by its kind only."""
        request = named.get("request")
        with speaking(language_of(request.headers.get("accept-language") if request else None)):
            try:
                return await super().process_api(*args, **named)
            except (gr.Error, StopAsyncIteration):
                raise
            except Exception as error:
                logging.getLogger(__name__).error("a call was refused: %s", type(error).__name__)
                raise refuse(say("endpoints.taken")) from None
