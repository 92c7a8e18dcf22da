"""What programs call: gradio_client and MCP give the command line's document."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import gradio
import httpx
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from cer.cli import main
from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.results.wording import verdict
from cer.web import watching
from tests.apart import run
from tests.clips import DEMO


@pytest.fixture(scope="module")
def client(served: str) -> Client:
    return Client(served, verbose=False)


@pytest.fixture(scope="module")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("out")
    assert main(["analyze", str(DEMO), "--out", str(out), "--quiet"]) == 0
    document: dict[str, Any] = json.loads((out / "demo" / "analysis.json").read_text())
    return document


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "timings": None}


def test_a_client_gets_the_command_lines_document(client: Client, by_command: dict[str, Any]) -> None:
    result = json.loads(client.predict(handle_file(str(DEMO)), api_name="/analyze"))
    assert without_times(result) == without_times(by_command)


def test_a_program_that_cancels_its_job_ends_the_work(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = Event(), Event()

    def endless(clip: Any, *, progress: Any, **options: Any) -> Iterator[Any]:
        try:
            while True:
                begun.set()
                progress("faces", 0.1)  # raises once nobody waits any more
                time.sleep(0.01)
        finally:
            ended.set()
        yield

    monkeypatch.setattr(watching, "observe_blocks", endless)
    job = client.submit(handle_file(str(DEMO)), api_name="/analyze")
    assert begun.wait(60)
    job.cancel()
    assert ended.wait(60)


def test_a_batch_names_each_clip_and_what_could_not_be_read(
    client: Client, by_command: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    files = [handle_file(str(DEMO)), handle_file(str(tmp_path / "broken.mp4"))]
    result = json.loads(client.predict(files, api_name="/analyze_batch"))
    assert without_times(result["demo"]) == without_times(by_command)
    assert "not a video" in result["broken"]["problem"]


def test_an_evaluation_returns_numbers(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\na,happy\nb,sad\n")
    files = [handle_file(str(tmp_path / "a.csv"))] * 2
    assert json.loads(client.predict(*files, api_name="/evaluate"))["scores"]["war"] == 1


def test_an_mcp_call_gets_the_same_document(served: str, analysis: Analysis) -> None:
    mcp = pytest.importorskip("mcp")
    http = pytest.importorskip("mcp.client.streamable_http")

    inline = "data:video/mp4;base64," + base64.b64encode(DEMO.read_bytes()).decode()

    async def call() -> Any:
        async with (
            http.streamablehttp_client(f"{served}gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert set(tools) == {"analyze", "analyze_batch", "evaluate"}
            assert "Compound expressions" in (tools["analyze"].description or "")
            return await session.call_tool("analyze", {"clip": inline})

    result = run(call())
    document = json.loads(result.content[0].text)
    document["clip"]["name"] = analysis.clip.name  # bytes in a message have no name
    assert without_times(document) == without_times(json.loads(to_json(analysis)))


def outcome(served: str, endpoint: str, *inputs: object) -> str:
    """What an endpoint says to a program that sends it JSON of its own."""
    call = httpx.post(f"{served}gradio_api/call/{endpoint}", json={"data": list(inputs)}, timeout=60)
    if call.status_code != 200:
        return call.text
    events = httpx.get(f"{served}gradio_api/call/{endpoint}/{call.json()['event_id']}", timeout=60)
    return events.text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/clip.mp4",
        "http://localhost/clip.mp4",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "/etc/passwd",
        str(DEMO),
    ],
)
def test_no_address_and_no_path_of_this_machine_is_taken_for_a_clip(served: str, address: str) -> None:
    message = outcome(served, "analyze", {"path": address, "url": address, "meta": {"_type": "gradio.FileData"}})
    assert "event: error" in message
    assert "schema" not in message
    assert "root:" not in message


@pytest.mark.parametrize("path", ["/etc/passwd", str(DEMO), "README.md", "../../etc/passwd", "app.py"])
def test_no_file_but_those_of_the_cache_is_served(served: str, path: str) -> None:
    assert httpx.get(f"{served}gradio_api/file={path}").status_code in (403, 404)


def test_the_servers_own_ffmpeg_is_out_of_reach(served: str) -> None:
    assert httpx.post(f"{served}gradio_api/process_recording", files={"video": b"x"}).status_code == 404
    assert httpx.get(f"{served}gradio_api/info").status_code == 200


def test_an_error_names_the_file_and_no_folder_of_this_machine(client: Client, tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("id,label\na,fr\xf6hlich\n".encode("latin-1"))
    files = [handle_file(str(tmp_path / "latin.csv"))] * 2
    with pytest.raises(AppError, match=r"latin\.csv: cannot be read as text \(not utf-8\)") as error:
        client.predict(*files, api_name="/evaluate")
    assert str(Path(os.environ["GRADIO_TEMP_DIR"]).parent) not in str(error.value)


def test_every_answer_has_the_headers_that_keep_other_pages_out_and_lets_spaces_in(served: str) -> None:
    for path in ("", "config", "gradio_api/info", "gradio_api/file=/etc/passwd", "gradio_api/process_recording"):
        headers = httpx.get(served + path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "object-src 'none'" in policy
        assert "frame-ancestors 'self' https://huggingface.co" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_neither_the_page_nor_its_settings_name_a_path_of_this_machine(served: str) -> None:
    for path in ("", "config"):
        content = httpx.get(served + path).text
        assert os.environ["GRADIO_TEMP_DIR"] not in content
        assert str(Path(__file__).parents[2]) not in content


def test_the_log_does_not_quote_what_a_caller_sent(
    served: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "/home/jane/at the doctor.mp4"
    message = outcome(served, "analyze", {"path": secret, "meta": {"_type": "gradio.FileData"}})
    assert "A file is an upload" in message
    printed = capfd.readouterr()
    assert "jane" not in printed.out + printed.err + caplog.text + message


def test_an_upload_is_not_served_to_whoever_knows_the_file(served: str) -> None:
    content = b"a clip of somebody"
    sent = httpx.post(f"{served}gradio_api/upload", files={"files": ("a.mp4", content)}).json()[0]
    seed = (Path(gradio.__file__).parent / "hash_seed.txt").read_bytes() if _has_seed() else b""
    for secret in (b"", seed):
        name = hashlib.sha256(secret + content).hexdigest()
        assert httpx.get(f"{served}gradio_api/file={Path(sent).parents[1] / name / 'a.mp4'}").status_code in (403, 404)


def _has_seed() -> bool:
    return (Path(gradio.__file__).parent / "hash_seed.txt").exists()


def test_the_mcp_call_of_the_readme_works_as_printed(served: str, analysis: Analysis) -> None:
    pytest.importorskip("mcp")
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (printed,) = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "call_tool" in block]
    code = printed.replace("http://127.0.0.1:7860/", served)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == verdict(analysis)


@pytest.mark.parametrize("clip", ["/etc/passwd", "http://127.0.0.1:1/a.mp4", "data:video/mp4;base64,xx", 5])
def test_a_wrong_mcp_payload_is_told_what_is_taken(served: str, clip: object) -> None:
    mcp = pytest.importorskip("mcp")
    http = pytest.importorskip("mcp.client.streamable_http")

    async def call() -> Any:
        async with (
            http.streamablehttp_client(f"{served}gradio_api/mcp/") as (read, write, _),
            mcp.ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert "data: URL with base64" in tools["analyze"].inputSchema["properties"]["clip"]["description"]
            assert "upload_file_to_gradio" not in tools["analyze"].description
            return await session.call_tool("analyze", {"clip": clip})

    result = run(call())
    assert result.isError
    assert result.content[0].text not in ("", "null", '{"error": null}')


def printed_in(document: str, language: str) -> str:
    """The only code block of a language in a document."""
    text = (Path(__file__).parents[2] / document).read_text("utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(block)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_curl_call_works_as_printed(served: str, analysis: Analysis) -> None:
    code = printed_in("docs/deployment.md", "bash").replace("http://127.0.0.1:7860/", served)
    done = subprocess.run(
        ["bash", "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (answer,) = json.loads(done.stdout)
    assert json.loads(answer)["summary"]["sentence"] == verdict(analysis)


def test_the_javascript_call_works_as_printed(served: str, visitor: Any, analysis: Analysis) -> None:
    code = printed_in("docs/deployment.md", "javascript")
    clip = base64.b64encode(DEMO.read_bytes()).decode()
    sentence = visitor.evaluate(
        f"""async ([page, clip]) => {{
          {code}
          const bytes = Uint8Array.from(atob(clip), (letter) => letter.charCodeAt(0));
          return (await analyze(page, new Blob([bytes]))).summary.sentence;
        }}""",
        [f"{served}gradio_api", clip],
    )
    assert sentence == verdict(analysis)
