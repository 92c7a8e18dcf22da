import json
import zipfile
from pathlib import Path

from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.web.batch import archive, work
from tests.clips import DEMO


def test_a_bad_clip_costs_one_line_and_the_others_go_on(tmp_path: Path, analysis: Analysis) -> None:
    bad = tmp_path / "demo.mp4"
    bad.write_bytes(b"nothing")
    calls: list[tuple[float, str]] = []
    grown = [
        state for state in work([str(bad), str(DEMO)], lambda fraction, stage: calls.append((fraction, stage))) if state
    ]
    batch = grown[-1]
    assert [row[0] for row in batch.rows] == ["demo.mp4", "demo.mp4"]
    assert "not a video" in batch.rows[0][5]
    assert batch.rows[1][2:4] == ["Happily Surprised", "happiness"]
    assert [fraction for fraction, _ in calls] == sorted(fraction for fraction, _ in calls)
    assert calls[-1][0] == 1
    with zipfile.ZipFile(archive(batch)) as packed:
        assert packed.testzip() is None
        (name,) = [name for name in packed.namelist() if name.endswith("analysis.json")]
        document = json.loads(packed.read(name))
        assert "problems.txt" in packed.namelist()
    assert document["segments"] == json.loads(to_json(analysis))["segments"]
    assert {"problem"} in [set(document) for document in batch.documents().values()]
