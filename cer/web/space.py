"""A Hugging Face Space of one's own: what is sent there, and the sending."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cer.errors import CerError

SENT = (
    "app.py",
    "README.md",
    "LICENSE",
    "LICENSES/*",
    "requirements.txt",
    "cer/**/*",
    "eval/**/*",
    "examples/*.mp4",
    "docs/images/*",
)
LEFT = ("__pycache__", ".pyc", "cer/train/")
NEEDED = ("title", "sdk", "sdk_version", "python_version", "app_file", "license", "short_description")


def root() -> Path:
    """The project's folder. Raises CerError for an installed package, which does not carry the page."""
    root = Path(__file__).parents[2]
    if not (root / "app.py").is_file():
        raise CerError("a Space is made from a clone of the project, not from the installed package: clone it first.")
    return root


def front_matter(readme: str) -> dict[str, Any]:
    """The settings at the head of a Space's README. Raises CerError when they are missing or incomplete."""
    import yaml

    head = re.match(r"---\n(.*?)\n---\n", readme, re.DOTALL)
    try:
        settings = yaml.safe_load(head.group(1)) if head else None
    except yaml.YAMLError as error:
        raise CerError(f"README.md: its front matter is not YAML ({str(error).splitlines()[0]}).") from error
    missing = [name for name in NEEDED if not isinstance(settings, Mapping) or not settings.get(name)]
    if missing:
        raise CerError(f"README.md: its front matter lacks {', '.join(missing)}, which Spaces asks for.")
    return dict(settings)  # type: ignore[arg-type]


def requirements(profile: str) -> str:
    """The one requirements file that a Space installs, with the paper's packages for a profile that may use them."""
    first = (root() / "requirements.txt").read_text("utf-8")
    if profile == "embedded":
        return first
    second = (root() / "requirements-paper.txt").read_text("utf-8")
    return first + "\n".join(line for line in second.splitlines() if not line.startswith(("-r", "#"))) + "\n"


def content(profile: str) -> dict[str, Path | bytes]:
    """Everything that is sent: path in the Space -> file, or bytes for what is made on the way."""
    here = root()
    front_matter((here / "README.md").read_text("utf-8"))
    files: dict[str, Path | bytes] = {}
    for pattern in SENT:
        for path in sorted(here.glob(pattern)):
            name = path.relative_to(here).as_posix()
            if path.is_file() and not any(part in name for part in LEFT):
                files[name] = path
    files["requirements.txt"] = requirements(profile).encode()
    return files


def listing(name: str, profile: str) -> str:
    """What a dry run prints."""
    files = content(profile)
    sizes = {path: len(file) if isinstance(file, bytes) else file.stat().st_size for path, file in files.items()}
    lines = [f"{size / 1e3:10.1f} kB  {path}" for path, size in sizes.items()]
    total = f"{len(files)} files, {sum(sizes.values()) / 1e6:.1f} MB, to the Space {name}; CER_PROFILE={profile}"
    return "\n".join([*lines, total])


def send(name: str, profile: str, *, create: bool, private: bool = False, hardware: str | None = None) -> str:
    """Create the Space, or update it so that it holds exactly `content`; returns its address.

    The token is huggingface_hub's own (`hf auth login` or HF_TOKEN). Raises CerError when the Hub refuses.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
    from huggingface_hub.errors import HfHubHTTPError, LocalTokenNotFoundError

    files = content(profile)
    api = HfApi()
    variables = [{"key": "CER_PROFILE", "value": profile}]
    try:
        if create:
            api.create_repo(
                name,
                repo_type="space",
                space_sdk="gradio",
                private=private,
                space_hardware=hardware,  # type: ignore[arg-type]  # the Hub knows its own names best
                space_variables=variables,
            )
            existing: set[str] = set()
        else:
            existing = set(api.list_repo_files(name, repo_type="space"))
            api.add_space_variable(name, "CER_PROFILE", profile)
        api.create_commit(
            name,
            [CommitOperationAdd(path, file if isinstance(file, bytes) else str(file)) for path, file in files.items()]
            + [CommitOperationDelete(path) for path in sorted(existing - files.keys() - {".gitattributes"})],
            commit_message="CER",
            repo_type="space",
        )
    except (HfHubHTTPError, LocalTokenNotFoundError, OSError, ValueError) as error:
        raise CerError(f"{name}: the Hub did not take it ({str(error).strip().splitlines()[0]}).") from error
    return f"{api.endpoint}/spaces/{name}"
