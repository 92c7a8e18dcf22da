"""What was measured, as the tables of docs/benchmarks.md."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured by python -m bench -->", "<!-- end of what was measured -->"


def spread(seconds: Sequence[float], over: float = 1.0, digits: int = 2) -> str:
    """Median and range."""
    values = [second / over for second in seconds]
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def clips(results: dict[str, Any]) -> str:
    named = [(f"60 s, {name}", measured) for name, measured in results["sizes"].items()] + [
        ("60 s, 720p, two people", results["two people"])
    ]
    rows = [
        [
            name,
            spread(measured["seconds"]),
            spread(measured["seconds"], measured["length"], 3),
            f"{measured['decode_alone']:.2f}",
            f"{measured['report']:.2f}",
            str(measured["peak_mb"]),
            str(measured["peak_decoder_mb"]),
        ]
        for name, measured in named
    ]
    head = ["clip", "seconds", "real-time factor", "decoding alone", "report", "peak MB", "decoder's peak MB"]
    return table(head, rows)


def lengths(results: dict[str, Any]) -> str:
    rows = [
        [
            f"{length['length']:.0f} s",
            spread(length["seconds"]),
            spread(length["seconds"], length["length"], 3),
            str(length["peak_mb"]),
        ]
        for length in results["lengths"].values()
    ]
    return table(["clip, 360p", "seconds, models loaded on the way", "real-time factor", "peak MB"], rows)


def stages(results: dict[str, Any]) -> str:
    sizes = results["sizes"]
    names = sorted(sizes["720p"]["stages"], key=lambda name: -sizes["720p"]["stages"][name])
    rows = [
        [
            name.replace("_", " "),
            *(f"{1000 * size['stages'].get(name, 0) / size['length']:.1f}" for size in sizes.values()),
        ]
        for name in names
    ]
    return table(["stage", *sizes], rows)


def fer(results: dict[str, Any] | None) -> list[str]:
    if results is None:
        return []
    ours, theirs = results["ours"], results["fer"]
    return [
        f"**Beside `fer` 25.10.3** on the same {ours['frames']} frames of the bundled clip, one face in each: it takes "
        f"{theirs['fer']} s and finds {theirs['faces']} faces; we take {ours['ours']} s and find {ours['faces']}."
    ]


def write(results: dict[str, Any], path: Path) -> None:
    """Put the tables between the marks of a Markdown file."""
    bound, beside, page, about = results["bound"], results["reference"], results["page"], results["machine"]
    parts = [
        f"Measured on {results['date']}: {about['processor']}, {about['cores']} cores, {about['memory']}, Python "
        f"{about['python']}, onnxruntime {about['onnxruntime']}, PyAV {about['av']}. Medians, and ranges in brackets.",
        f"**From the command to its end** on the bundled 10 s clip, every file written: {spread(results['cold'])} s.",
        "**Models warm**, everything but files:",
        clips(results),
        "**Length**, in a fresh process each:",
        lengths(results),
        "**Stages**, in ms of the main process for each second of video (decoding goes on beside them, and so do "
        "speech activity and Whisper):",
        stages(results),
        f"**Processes.** One 720p minute in a fresh process: {results['processes']['1']} s; two such processes at "
        f"once: {results['processes']['2']} s.",
        f"**The least it could take.** The networks need {sum(bound['gigaflop'].values()):.0f} GFLOP for the 720p "
        f"minute ({', '.join(f'{name} {count}' for name, count in bound['gigaflop'].items())}); this machine "
        f"multiplies matrices at {bound['gemm_gflops']} GFLOP/s. With decoding that is {bound['bound_seconds']} s; we "
        f"take {bound['times_the_bound']} times as long.",
        f"**Beside the plain loop** (`bench/reference.py`: every frame of every overlapping segment, a seek before "
        f"each, one image at a time) with the same CLIP ViT-B/32 on the bundled clip: {beside['per_frame_seconds']} "
        f"s against {beside['our_seconds']} s, {beside['times_faster']} times faster; the labels of "
        f"{100 * beside['labels_agree']:.0f} % of {beside['segments']} segments agree.",
        *fer(results["fer"]),
        f"**The page** in headless Chromium on the same cores: opens in {page['opens']} s; from click to result "
        f"{page['click_to_result']} s, while the command line takes {page['command_line_warm']} s with models warm (a "
        f"ratio of {page['ratio']}), {page['analysis_alone']} s of it for the analysis alone.",
    ]
    text = path.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}{after}", "utf-8")
