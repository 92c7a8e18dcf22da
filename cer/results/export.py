"""Export: the one list of the files that an Analysis becomes, for a folder or an archive."""

from pathlib import Path

from cer.files import write_whole
from cer.results.analysis import Analysis
from cer.results.document import SCHEMA, segments_csv, timeline_csv, to_json
from cer.results.report import report


def files_of(analysis: Analysis, schema: int = SCHEMA) -> dict[str, str]:
    """Every result file of an Analysis: name -> content. schema: of analysis.json."""
    return {
        "analysis.json": to_json(analysis, schema),
        "segments.csv": segments_csv(analysis),
        "timeline.csv": timeline_csv(analysis),
        "report.html": report(analysis),
    }


def write_files(analysis: Analysis, folder: Path, schema: int = SCHEMA) -> list[Path]:
    """Write the result files into a folder, made if need be, and return their paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files_of(analysis, schema).items():
        paths.append(folder / name)
        write_whole(content, paths[-1])
    return paths
