"""A Space: its front matter, what is sent, and the sending to a stand-in of the Hub."""

import os
import subprocess
import sys
from pathlib import Path

import gradio
import pytest

from cer import space
from cer.errors import CerError

from .stand_in import Hub, serving

ROOT = Path(__file__).parents[2]


def cer(*arguments: str, endpoint: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": "x"}
    return subprocess.run(
        [sys.executable, "-m", "cer", *arguments], env=settings, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_front_matter_is_what_spaces_and_the_pins_ask_for() -> None:
    found = space.front_matter((ROOT / "README.md").read_text("utf-8"))
    assert found["sdk"] == "gradio"
    assert found["sdk_version"] == gradio.__version__
    assert (ROOT / found["app_file"]).is_file()
    assert str(found["python_version"]) in ("3.11", "3.12")
    assert len(found["short_description"]) <= 60  # the Hub's limit
    assert len(found["title"]) <= 60


@pytest.mark.parametrize("readme", ["", "# no head\n", "---\ntitle: [\n---\n", "---\ntitle: x\n---\n"])
def test_a_bad_front_matter_is_one_clear_line(readme: str) -> None:
    with pytest.raises(CerError, match=r"README\.md"):
        space.front_matter(readme)


def test_what_is_sent_is_what_the_page_needs_and_nothing_private() -> None:
    files = space.content("embedded")
    assert {"app.py", "requirements.txt", "README.md", "examples/demo.mp4", "cer/weights/face.onnx"} <= files.keys()
    assert not [name for name in files if name.startswith((".", "tests", "runs", "out")) or "__pycache__" in name]
    assert b"openai-whisper" not in space.requirements("embedded").encode()
    assert "openai-whisper==" in space.requirements("paper")
    assert not [line for line in space.requirements("paper").splitlines() if line.startswith("-r")]


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing() -> None:
    done = cer("space", "create", "me/cer", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "app.py" in done.stdout
    assert "to the Space me/cer" in done.stdout


def test_create_then_update_leaves_exactly_the_content() -> None:
    with serving(Hub({"me/cer": {"app.py": b"old", "gone.py": b"old"}})) as stand_in:
        made = cer("space", "create", "me/cer", "--private", "--profile", "paper", endpoint=stand_in.address)
        assert made.returncode == 0, made.stderr
        assert made.stdout.strip() == f"{stand_in.address}/spaces/me/cer"
        assert stand_in.created[0]["sdk"] == "gradio"
        assert "CER_PROFILE" in str(stand_in.created[0])
        assert stand_in.pushed.keys() == space.content("paper").keys()
        assert stand_in.pushed["app.py"] == (ROOT / "app.py").read_bytes()
        assert b"open_clip_torch" in stand_in.pushed["requirements.txt"]
        stand_in.pushed.clear()
        updated = cer("space", "update", "me/cer", endpoint=stand_in.address)
        assert updated.returncode == 0, updated.stderr
        assert stand_in.deleted == ["gone.py"]
        assert stand_in.variables[-1]["value"] == "embedded"


def test_a_hub_that_refuses_is_one_line_and_exit_2() -> None:
    with serving(Hub({})) as stand_in:
        done = cer("space", "update", "me/none", endpoint=stand_in.address)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "me/none" in done.stderr
