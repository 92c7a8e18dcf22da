"""Carries out the Dockerfile's steps in a clean root made by debootstrap, for machines without a Docker engine.

The base image becomes Debian with Python 3.11; each stage is a folder that RUN enters with chroot and COPY copies into.
At the end the container's command runs as the image's user, and the health check must pass. Needs root.

    python -m tools.run_dockerfile [FOLDER]
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent.parent
PACKAGES = "ca-certificates,python3,python3-venv,python3-pip"


def instructions(text: str) -> list[tuple[str, str]]:
    """(INSTRUCTION, rest) of each step, continued lines joined."""
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def base(root: Path) -> None:
    """A minimal Debian, with this machine's package sources, certificates and name service."""
    sources = Path("/etc/apt/sources.list.d/debian.sources")
    text = sources.read_text() if sources.is_file() else Path("/etc/apt/sources.list").read_text()
    mirror = re.search(r"^(?:URIs:|deb)\s+(https?://\S+)", text, re.MULTILINE)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)]
    subprocess.run([*command, *([mirror.group(1)] if mirror else [])], check=True, stdout=subprocess.DEVNULL)
    for file in ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(file).is_file():
            shutil.copy(file, root / file[1:])
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")


class Stage:
    """One FROM: its root, and what ENV, USER, WORKDIR and SHELL set for the steps after them."""

    def __init__(self, root: Path) -> None:
        self.root, self.user, self.folder, self.shell = root, "0", "/", ["/bin/sh", "-c"]
        self.environment = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        self.arguments = {"DEVICE": "cpu", "PYTHON": "3.11"}

    def enter(self, command: list[str]) -> list[str]:
        """A command in this root, as the stage's user, in its folder, with its environment."""
        spec = f"{self.user}:{self.user}"
        inside = f"cd {shlex.quote(self.folder)} && exec " + shlex.join(command)
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        return ["env", "-i", *settings, "chroot", f"--userspec={spec}", str(self.root), "/bin/sh", "-c", inside]

    def run(self, line: str) -> None:
        environment = {**self.environment}
        self.environment |= self.arguments | {"HOME": "/root" if self.user == "0" else "/home/user"}
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        self.environment |= proxies | {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        subprocess.run(self.enter([*self.shell, line]), check=True)
        self.environment = environment

    def copy(self, line: str, stages: dict[str, "Stage"]) -> None:
        words = line.split()
        source_root = next((stages[word[7:]].root for word in words if word.startswith("--from=")), HERE)
        owned = any(word.startswith("--chown=") for word in words)
        *sources, target = [word for word in words if not word.startswith("--")]
        place = self.root / (target if target.startswith("/") else f"{self.folder}/{target}").lstrip("/")
        for source in sources:
            origin = source_root / source.lstrip("/")
            if origin.is_dir():
                shutil.copytree(origin, place, symlinks=True, dirs_exist_ok=True)
            else:
                into = place / origin.name if target.endswith("/") or len(sources) > 1 else place
                into.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(origin, into)
        if owned:
            subprocess.run(["chown", "-R", "1000:1000", str(place)], check=True)


def build(text: str, folder: Path) -> tuple[Stage, list[str], list[str]]:
    """The last stage, its command and its health check."""
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    command: list[str] = []
    health: list[str] = []
    clean = folder / "base"
    base(clean)
    for name, rest in instructions(text):
        print(f"--- {name} {rest[:100]}", flush=True)
        if name == "FROM":
            words = rest.split()
            label = words[2] if len(words) > 2 else "last"
            subprocess.run(["cp", "-a", str(clean), str(folder / label)], check=True)
            stage = stages[label] = Stage(folder / label)
        elif name == "RUN":
            stage.run(rest)
        elif name == "COPY":
            stage.copy(rest, stages)
        elif name == "ENV":
            for word in shlex.split(rest):
                key, _, value = word.partition("=")
                stage.environment[key] = value.replace(f"${key}", stage.environment.get(key, ""))
        elif name == "USER":
            stage.user = rest
        elif name == "WORKDIR":
            stage.folder = rest
            (stage.root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "SHELL":
            stage.shell = list(json.loads(rest))
        elif name == "CMD":
            command = list(json.loads(rest))
        elif name == "HEALTHCHECK":
            health = list(json.loads(rest[rest.index("CMD") + 3 :]))
    return stage, command, health


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "out/docker").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    stage, command, health = build((HERE / "Dockerfile").read_text("utf-8"), folder)
    size = subprocess.run(["du", "-sm", str(stage.root)], capture_output=True, text=True, check=True).stdout.split()[0]
    (stage.root / "proc").mkdir(exist_ok=True)
    subprocess.run(["mount", "--bind", "/dev", str(stage.root / "dev")], check=False)
    subprocess.run(["mount", "-t", "proc", "proc", str(stage.root / "proc")], check=False)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "shm", str(stage.root / "dev/shm")], check=False)
    stage.environment["HOME"] = "/home/user"
    started = time.monotonic()
    server = subprocess.Popen(stage.enter(command), start_new_session=True)
    try:
        while subprocess.run(stage.enter(health), check=False, capture_output=True).returncode:
            if server.poll() is not None or time.monotonic() > started + 120:
                sys.exit("the container did not become healthy")
            time.sleep(1)
        print(f"healthy after {time.monotonic() - started:.0f} s; the root takes {size} MB")
        analyze = ["python", "-m", "cer", "analyze", "examples/demo.mp4", "--out", "/tmp/out"]
        subprocess.run(stage.enter(analyze), check=True)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, 15)
        server.wait()
        for place in ("dev/shm", "dev", "proc"):
            subprocess.run(["umount", "-l", str(stage.root / place)], check=False, capture_output=True)


if __name__ == "__main__":
    main()
