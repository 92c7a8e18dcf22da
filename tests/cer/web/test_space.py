"""A Space: its front matter, what is sent, and the sending to a stand-in of the Hub."""

import json
import os
import socket
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import gradio
import httpx
import pytest
from gradio_client import Client, handle_file
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from cer.errors import CerError
from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.web import space
from tests.cer.models.stand_in import Hub, serving
from tests.clips import DEMO

ROOT = Path(__file__).parents[3]


def cer(*arguments: str, endpoint: str = "http://127.0.0.1:9") -> subprocess.CompletedProcess[str]:
    settings = {**os.environ, "HF_ENDPOINT": endpoint, "HF_TOKEN": "x"}
    return subprocess.run(
        [sys.executable, "-m", "cer", *arguments], env=settings, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_front_matter_is_what_spaces_and_the_pins_ask_for() -> None:
    result = space.front_matter((ROOT / "README.md").read_text("utf-8"))
    assert result["sdk"] == "gradio"
    assert result["sdk_version"] == gradio.__version__
    assert (ROOT / result["app_file"]).is_file()
    assert str(result["python_version"]) in ("3.11", "3.12")
    assert len(result["short_description"]) <= 60  # the Hub's limit
    assert len(result["title"]) <= 60


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
        assert b"open-clip-torch" in stand_in.pushed["requirements.txt"]
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


def installed_with(requirements: str) -> set[str]:
    """The distributions that pip installs for a requirements file, as far as this environment has them."""
    lines = [line.split("#")[0].strip() for line in requirements.splitlines()]
    queue, visited = [Requirement(line) for line in lines if line], set[tuple[str, str]]()
    while queue:
        requirement = queue.pop()
        for extra in ("", *requirement.extras):
            if (canonicalize_name(requirement.name), extra) in visited:
                continue
            visited.add((canonicalize_name(requirement.name), extra))
            try:
                further = [Requirement(text) for text in requires(requirement.name) or ()]
            except PackageNotFoundError:
                continue
            queue += [each for each in further if each.marker is None or each.marker.evaluate({"extra": extra})]
    return {name for name, _ in visited}


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/config", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


BLOCK = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def test_the_app_starts_and_answers_with_only_what_the_space_installs(tmp_path: Path, analysis: Analysis) -> None:
    for name, file in space.content("embedded").items():
        (tmp_path / "space" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "space" / name).write_bytes(file if isinstance(file, bytes) else file.read_bytes())
    installed = installed_with(space.requirements("embedded"))
    blocked = [
        module
        for module, givers in packages_distributions().items()
        if not any(canonicalize_name(giver) in installed | {"pip", "setuptools"} for giver in givers)
    ]
    assert {"pytest", "open_clip", "whisper", "playwright"} <= set(blocked)
    assert not {"gradio", "onnxruntime", "av"} & set(blocked)
    (tmp_path / "sitecustomize.py").write_text(f"BLOCKED = {set(blocked)!r}\n{BLOCK}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"PYTHONPATH": str(tmp_path), "GRADIO_SERVER_PORT": str(port), "GRADIO_SERVER_NAME": "127.0.0.1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CER_", "HF_", "GRADIO_"))}
    with (tmp_path / "log").open("w") as log:
        served = subprocess.Popen(
            [sys.executable, "app.py"], cwd=tmp_path / "space", env={**environment, **settings}, stdout=log, stderr=log
        )
    try:
        while not answers(port):
            assert served.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.2)
        client = Client(f"http://127.0.0.1:{port}", verbose=False)
        document = json.loads(client.predict(handle_file(DEMO), api_name="/analyze"))
    finally:
        served.terminate()
        served.wait()
    assert {**document, "timings": 0} == {**json.loads(to_json(analysis)), "timings": 0}


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_requirements_resolve(python: str, tmp_path: Path) -> None:
    """pip finds a set of wheels that fit together, and installs nothing. The paper's hold the embedded profile's; one
    package comes as source only.
    """
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        pytest.skip("they are installed here")
    lines = [line for line in space.requirements("paper").splitlines() if not line.startswith("openai-whisper")]
    assert set(space.requirements("embedded").splitlines()) <= set(space.requirements("paper").splitlines())
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    arguments = ["--only-binary", ":all:", "--python-version", python, "-r", str(tmp_path / "requirements.txt")]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--target", str(tmp_path), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if "connection" in done.stderr.lower() and "No matching distribution" in done.stderr:
        pytest.skip("no package registry can be reached")
    assert done.returncode == 0, done.stderr
