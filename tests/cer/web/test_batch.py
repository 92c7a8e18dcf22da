import json
import zipfile
from pathlib import Path

from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.results.wording import verdict
from cer.web.batch import Batch, archive, gallery, work
from tests.clips import DEMO


def test_a_bad_clip_costs_one_line_and_the_others_go_on(tmp_path: Path, analysis: Analysis) -> None:
    bad = tmp_path / "demo.mp4"
    bad.write_bytes(b"nothing")
    calls: list[tuple[float, str]] = []
    grown = [
        state for state in work([str(bad), str(DEMO)], lambda fraction, stage: calls.append((fraction, stage))) if state
    ]
    batch = grown[-1]
    assert list(batch.clips.values()) == ["demo.mp4", "demo.mp4"]
    first, second = gallery(batch).split("<article")[1:]
    assert "not a video" in first
    assert verdict(analysis) in second
    assert "Happily Surprised" in second
    assert "data:image/png" in second
    assert [fraction for fraction, _ in calls] == sorted(fraction for fraction, _ in calls)
    assert calls[-1][0] == 1
    with zipfile.ZipFile(archive(batch)) as packed:
        assert packed.testzip() is None
        (name,) = [name for name in packed.namelist() if name.endswith("analysis.json")]
        document = json.loads(packed.read(name))
        assert "problems.txt" in packed.namelist()
    assert document["segments"] == json.loads(to_json(analysis))["segments"]
    assert {"problem"} in [set(document) for document in batch.documents().values()]


def test_a_clips_name_is_text_and_never_markup() -> None:
    batch = Batch(clips={"x": "<b>.mp4"}, problems={"x": "<i>no</i>"})
    assert "<b>" not in gallery(batch)
    assert "&lt;b&gt;.mp4" in gallery(batch)
    assert "<i>" not in gallery(batch)
