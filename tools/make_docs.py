"""Builds the documentation as static pages: the guides of docs/ and the API reference, offline.

    make docs        # or: python -m tools.make_docs [FOLDER]

pdoc makes the reference from the docstrings, markdown-it the guides. Links between guides become links between pages;
images are copied.
"""

import re
import shutil
import sys
from html import escape
from pathlib import Path

import pdoc
import pdoc.render
from markdown_it import MarkdownIt

import cer

ROOT = Path(__file__).parents[1]
PUBLIC = (
    "cer",
    "cer.labels",
    "cer.segments",
    "cer.errors",
    "cer.modalities.base",
    "cer.modalities.registry",
    "cer.models.runtime",
    "cer.results.analysis",
    "cer.corpora.base",
)
GUIDES = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")),
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}}
table{{border-collapse:collapse;display:block;overflow-x:auto}}
td,th{{border:1px solid #bbb;padding:.2rem .5rem;text-align:left}}
pre{{background:#f3f3f3;padding:.7rem;overflow-x:auto}}img{{max-width:100%}}</style>
<nav>{nav}</nav><main>{body}</main></html>"""


def page_name(guide: str) -> str:
    """File of a guide's page: README.md is the index."""
    return "index.html" if guide == "README.md" else f"{Path(guide).stem.lower()}.html"


def guide_page(guide: str) -> str:
    """A guide as an HTML page whose links lead to the other pages."""
    text = re.sub(r"\A---\n.*?\n---\n", "", (ROOT / guide).read_text("utf-8"), flags=re.DOTALL)
    for other in GUIDES:
        target = Path(other).name
        text = re.sub(rf"\]\((?:\.\./|docs/)?{re.escape(target)}(#[^)]*)?\)", rf"]({page_name(other)}\1)", text)
    text = re.sub(r"\]\((?:docs/)?images/", "](images/", text)
    body = MarkdownIt("commonmark").enable("table").render(text)
    links = [f'<a href="{page_name(name)}">{escape(Path(name).stem.lower())}</a>' for name in GUIDES]
    return PAGE.format(
        title=escape(guide), nav=" · ".join([*links, '<a href="api/cer.html">API reference</a>']), body=body
    )


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "site"
    shutil.rmtree(out, ignore_errors=True)
    pdoc.render.configure(docformat="google", search=False)
    for name in cer.__all__:  # loaded on first use, which pdoc does not wait for
        setattr(cer, name, getattr(cer, name))
    pdoc.pdoc(*PUBLIC, output_directory=out / "api")
    for guide in GUIDES:
        (out / page_name(guide)).write_text(guide_page(guide), "utf-8")
    shutil.copytree(ROOT / "docs" / "images", out / "images")
    print(f"{out / 'index.html'}: {len(GUIDES)} guides, {len(PUBLIC)} modules")


if __name__ == "__main__":
    main()
