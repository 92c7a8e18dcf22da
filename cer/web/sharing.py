"""A link to a result, to copy."""

from html import escape

from cer.errors import CerError
from cer.results.analysis import Analysis
from cer.results.link import to_link
from cer.words import say


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
