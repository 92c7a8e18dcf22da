"""What a visitor takes along: the files of a result explained, and a link to copy."""

from html import escape

from cer.errors import CerError
from cer.results.analysis import Analysis
from cer.results.link import to_link
from cer.words import say, texts_of


def files_line() -> str:
    """What each kind of file is for."""
    kinds: dict[str, str] = texts_of("files")
    parts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in kinds.items())
    return f"<dl>{parts}</dl>"


def link_button(analysis: Analysis) -> str:
    """A button that copies the link, or why there is none; link.js makes the address."""
    try:
        link = to_link(analysis)
    except CerError as error:
        return f"<p>{escape(str(error))}</p>"
    copied, address = escape(say("link.copied")), escape(say("link.address"))
    return (
        f'<p><button type="button" data-link="{link}" data-copied="{copied}">{escape(say("link.copy"))}</button> '
        f'{escape(say("link.about"))}</p><input type="text" readonly hidden aria-label="{address}">'
    )
