"""What the command line takes."""

import argparse
from pathlib import Path

from cer import __version__
from cer.modalities.registry import DEFAULT
from cer.models.runtime import DEVICES


def parser() -> argparse.ArgumentParser:
    """The commands of `cer` and their options."""
    top = argparse.ArgumentParser(prog="cer", description="Compound expression recognition in video.")
    top.add_argument("--version", action="version", version=f"cer {__version__}")
    commands = top.add_subparsers(dest="command", required=True)
    analyze = commands.add_parser(
        "analyze",
        help="analyze clips",
        description="Write analysis.json, two CSV tables and report.html for each clip.",
    )
    analyze.add_argument(
        "clips",
        nargs="+",
        metavar="CLIP",
        type=Path,
        help="a video or audio file (MP4, MOV, MKV, WebM, AVI, ...), a folder of them, or `demo` for the bundled clip",
    )
    analyze.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="results go to DIR/<clip stem>/; of several clips there is an index.html and a summary.csv too",
    )
    analyze.add_argument("--recursive", action="store_true", help="look for clips in the folders of folders too")
    analyze.add_argument(
        "--overwrite", action="store_true", help="analyze again what was analyzed before, by the same models"
    )
    analyze.add_argument(
        "--profile",
        default=DEFAULT,
        metavar="NAME[,MODALITY=IMPLEMENTATION...]",
        help="which models serve the modalities: embedded, paper, auto, or supervised, which was trained on "
        "compound labels (default: %(default)s)",
    )
    analyze.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where networks run (default: %(default)s, a GPU if there is one that can be used)",
    )
    analyze.add_argument(
        "--person", type=int, metavar="ID", help="whose face to analyze (default: whoever is seen longest)"
    )
    analyze.add_argument(
        "--video", action="store_true", help="write annotated.mp4 too: face box, label and time line burnt in"
    )
    analyze.add_argument(
        "--formats",
        default="",
        metavar="LIST",
        help="files for other tools too: srt, vtt (subtitles), eaf (ELAN), textgrid (Praat), png (the time line)",
    )
    analyze.add_argument(
        "--schema",
        type=int,
        choices=[1, 2],
        default=2,
        help="of analysis.json (default: %(default)s, a superset of 1; with 1 nothing says that a clip was analyzed "
        "before, and it is analyzed again)",
    )
    analyze.add_argument(
        "--prototypes", type=Path, metavar="FILE", help="labels of your own, which `cer adapt` learned from your clips"
    )
    analyze.add_argument("--quiet", action="store_true", help="print nothing but errors")
    analyze.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="clips that are analyzed side by side (default: %(default)s)"
    )
    annotate = commands.add_parser(
        "annotate",
        help="many clips into one dataset",
        description="Analyze every clip of an archive into tables of parquet files, which `datasets`, pandas, DuckDB "
        "and Polars open. Goes on where it was stopped; clips that changed are analyzed again.",
    )
    annotate.add_argument(
        "source",
        metavar="SOURCE",
        help="a folder, a pattern in quotes, a .txt list of clips, or an address that fsspec knows (hf://, s3://, "
        "...); rows of Parquet and Arrow files with a column of videos or sounds are clips as well",
    )
    annotate.add_argument("--out", required=True, metavar="DEST", help="a folder or such an address")
    annotate.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one a processor)")
    annotate.add_argument("--engine", choices=["local", "ray"], default="local", help="ray: spread over a Ray cluster")
    annotate.add_argument("--shard", default="1/1", metavar="I/N", help="the I-th of N shards only")
    annotate.add_argument("--retry", action="store_true", help="try again what failed before")
    annotate.add_argument("--profile", default=DEFAULT, help="which models serve the modalities (default: %(default)s)")
    annotate.add_argument("--quiet", action="store_true", help="no progress")
    adapt = commands.add_parser(
        "adapt",
        help="labels of your own from a few labeled clips",
        description="Learn prototypes of your own labels: FOLDER holds a folder of clips for each, named after it.",
    )
    adapt.add_argument("--examples", type=Path, required=True, metavar="FOLDER", help="with a folder for each label")
    adapt.add_argument("--out", type=Path, required=True, metavar="FILE", help="a safetensors file; no clip is in it")
    adapt.add_argument("--profile", default=DEFAULT, help="which models serve the modalities (default: %(default)s)")
    adapt.add_argument("--quiet", action="store_true", help="print nothing but errors")
    app = commands.add_parser("app", help="start the page", description="Start the page in a browser's reach.")
    app.add_argument("--host", metavar="NAME", help="address to listen at (default: $GRADIO_SERVER_NAME or 127.0.0.1)")
    app.add_argument("--port", type=int, help="default: $GRADIO_SERVER_PORT, or the first free one from 7860")
    app.add_argument(
        "--prototypes", type=Path, metavar="FILE", help="labels of your own, shown beside ours (see `cer adapt`)"
    )
    app.add_argument("--open", action="store_true", help="open a browser window")
    commands.add_parser(
        "doctor",
        help="what this installation has, and what stands in its way",
        description="Check versions, threads, codecs, weights, folders and the decoder's confinement. Exit status 1 if "
        "something must be put right.",
    )
    models = commands.add_parser(
        "models",
        help="the Hub's models of the paper profile: list, download, verify",
        description="The Hub's models of the paper profile. They are kept in the Hub's cache or in $CER_MODELS.",
    )
    models.add_argument(
        "what", nargs="?", choices=["list", "download", "verify"], default="list", help="default: %(default)s"
    )
    models.add_argument(
        "names", nargs="*", metavar="MODEL", help="which ones (default: those of the paper profile; to list, all)"
    )
    space = commands.add_parser("space", help="a Space of one's own", description="Push the page to a Space.")
    space.add_argument("what", choices=["create", "update"], help="update: one that is there already")
    space.add_argument("name", metavar="OWNER/NAME", help="the Space's name on the Hub")
    space.add_argument("--profile", default=DEFAULT, help="what the Space's page uses (default: %(default)s)")
    space.add_argument("--private", action="store_true", help="seen by its owner only")
    space.add_argument("--hardware", metavar="NAME", help="in the Hub's words, such as zero-a10g")
    space.add_argument("--dry-run", action="store_true", help="print what would be sent")
    return top
