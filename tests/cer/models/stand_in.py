"""A stand-in of the Hub on this machine: enough of its API for huggingface_hub to fetch models and push a Space."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

MAX_WAIT = 60  # seconds after which a file is sent all the same, so that a client without patience does not hang
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """files: repository -> path -> content. pushed: what was sent to Spaces. released: sends files once set."""

    files: dict[str, dict[str, bytes]]
    released: Event | None = None
    pushed: dict[str, bytes] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    variables: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, body: Any, status: int = 200, **headers: str) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if result := re.fullmatch(r"/api/(models|spaces)/([^/]+/[^/]+)(?:/revision/\w+)?", path):
                return self.info(result.group(2))
            if result := re.fullmatch(r"/api/(models|spaces)/([^/]+/[^/]+)/tree/.*", path):
                if result.group(2) not in hub.files:
                    return self.info(result.group(2))
                files = hub.files[result.group(2)]
                return self.answer(
                    [{"type": "file", "path": name, "size": len(file), "oid": "0"} for name, file in files.items()]
                )
            if result := re.fullmatch(r"/(?:spaces/)?([^/]+/[^/]+)/resolve/\w+/(.+)", path):
                return self.file(result.group(1), result.group(2))
            return self.answer({"error": path}, 404)

        def info(self, repository: str) -> None:
            if repository not in hub.files:
                return self.answer({"error": "Repository not found"}, 404, X_Error_Code="RepoNotFound")
            siblings = [{"rfilename": name} for name in hub.files[repository]]
            return self.answer({"id": repository, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []})

        def file(self, repository: str, name: str) -> None:
            content = hub.files.get(repository, {}).get(name)
            if content is None:
                return self.answer(b"", 404, X_Error_Code="EntryNotFound")
            if hub.released is not None:
                hub.released.wait(MAX_WAIT)
            large = name.endswith((".safetensors", ".pt", ".bin"))
            blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
            etag = hashlib.sha256(content).hexdigest() if large else blob
            return self.answer(content, ETag=f'"{etag}"', X_Repo_Commit=COMMIT)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path == "/api/repos/create":
                hub.created.append(json.loads(body))
                made = "/".join(hub.created[-1][part] for part in ("organization", "name") if hub.created[-1].get(part))
                return self.answer({"url": f"{hub.address}/spaces/{made}"})
            if self.path == "/api/validate-yaml":
                return self.answer({"errors": [], "warnings": []})
            if "/preupload/" in self.path:
                files = [{**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]]
                return self.answer({"files": files})
            if "/commit/" in self.path:
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        hub.pushed[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                    elif line["key"] == "deletedFile":
                        hub.deleted.append(line["value"]["path"])
                where = f"{hub.address}/spaces/{'/'.join(self.path.split('/')[3:5])}/commit/{COMMIT}"
                return self.answer({"commitOid": COMMIT, "commitUrl": where, "success": True})
            if self.path.endswith("/variables"):
                hub.variables.append(json.loads(body))
                return self.answer({})
            return self.answer({"error": self.path}, 404)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
