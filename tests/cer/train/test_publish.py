import hashlib
import json
from pathlib import Path

from cer.train.publish import publish


def test_a_published_file_is_registered_with_its_hash_and_its_run(tmp_path: Path) -> None:
    publish(tmp_path, "a.onnx", b"weights", name="A", licence="MIT", run={"metrics": {"f1": 0.5}})
    publish(tmp_path, "b.onnx", b"others", name="B", licence="MIT", run={})
    publish(tmp_path, "a.onnx", b"better", name="A", licence="MIT", run={"metrics": {"f1": 0.6}})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert list(manifest) == ["a.onnx", "b.onnx"]
    assert manifest["a.onnx"]["sha256"] == hashlib.sha256(b"better").hexdigest()
    assert json.loads((tmp_path / "a.json").read_text())["metrics"] == {"f1": 0.6}
