"""Layers: the folders and modules of `cer` and `eval` in import order, what imports what, and import cycles.

    python -m tools.structure

Exits with 1 when a module has no floor, imports from a floor above its own, belongs to a circle, is too long, or uses a
name that says nothing.
"""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_LINES = 300
BANNED = frozenset(
    {"one", "found", "held", "mine", "told", "asked", "given", "said", "heard", "seen", "known", "kept", "aims", "look"}
)
BANNED_PREFIXES = ("MOST_", "LEAST_", "_MOST_", "_LEAST_")  # limits are MAX_ and MIN_

# From the ground up: a module imports from its own floor and from those below it.
FLOORS: dict[str, tuple[str, ...]] = {
    "vocabulary": (
        "cer",
        "cer.errors",
        "cer.labels",
        "cer.segments",
        "cer.progress",
        "cer.files",
        "cer.names",
        "cer.console",
        "cer.memory",
        "cer.words",
    ),
    "media": ("cer.media",),
    "models": ("cer.models",),
    "perception": ("cer.perception",),
    "modalities": ("cer.modalities",),
    "fusion": ("cer.fusion",),
    "results": ("cer.results",),
    "corpora": ("cer.corpora",),
    "pipeline": (
        "cer.observation",
        "cer.pipeline",
        "cer.live",
        "cer.pool",
        "cer.cluster",
        "cer.clips",
        "cer.adapt",
        "cer.archive",
    ),
    "harness": ("eval",),
    "train": ("cer.train",),
    "web": ("cer.web",),
    "command line": ("cer.arguments", "cer.command_analyze", "cer.doctor", "cer.cli", "cer.__main__"),
}


@cache
def modules() -> dict[str, Path]:
    """Every module of the package and the harness: dotted name -> file."""
    files = [path for folder in ("cer", "eval") for path in sorted((ROOT / folder).rglob("*.py"))]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}
    return {name.removesuffix(".__init__"): path for name, path in names.items() if "metrics" not in name.split(".")}


@cache
def imports(name: str) -> set[str]:
    """The modules that a module imports anywhere in its file, in functions and for type checking too."""
    targets: set[str] = set()
    for node in ast.walk(ast.parse(modules()[name].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{name}: imports are absolute, line {node.lineno} is not"
            targets |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
    return (targets & modules().keys()) - {name}


def floor_of(name: str) -> str | None:
    """The floor of the longest prefix of a module's name; None when no floor lists one."""
    if name == "cer":
        return "vocabulary"
    places = {entry: floor for floor, entries in FLOORS.items() for entry in entries if entry != "cer"}
    parts = name.split(".")
    prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((places[prefix] for prefix in prefixes if prefix in places), None)


def unplaced() -> list[str]:
    """Modules without a floor."""
    return [name for name in modules() if floor_of(name) is None]


def too_high(floor: str) -> list[str]:
    """Imports from a floor above, of the modules of one floor. `cer` itself loads its public names when asked."""
    order = list(FLOORS)
    limit = order.index(floor)
    return [
        f"{name} imports {target}"
        for name in modules()
        if floor_of(name) == floor and name != "cer"
        for target in sorted(imports(name))
        if target != "cer" and order.index(floor_of(target) or floor) > limit
    ]


def cycles() -> list[str]:
    """Modules that reach themselves through imports."""
    reach = {name: imports(name) - {"cer"} for name in modules() if name != "cer"}
    wider = {name: targets.union(*(reach[target] for target in targets)) for name, targets in reach.items()}
    while wider != reach:
        reach, wider = wider, {name: targets.union(*(wider[t] for t in targets)) for name, targets in wider.items()}
    return [name for name, targets in reach.items() if name in targets]


def too_long() -> list[str]:
    """Files of more than MAX_LINES lines."""
    lengths = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules().items()}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > MAX_LINES]


def banned_names() -> list[str]:
    """Variables, arguments and constants with a name that says nothing, in all of the code and its tests."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for folder in ("cer", "eval", "bench", "tools", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, name in _bindings(ast.parse(path.read_text("utf-8")))
        if name in BANNED or name.startswith(BANNED_PREFIXES)
    ]


def _bindings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, name) of everything that a module assigns, defines as a function, or takes as an argument."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.name


def main() -> int:
    faults = unplaced() + cycles() + too_long() + banned_names()
    for floor in FLOORS:
        names = [name for name in modules() if floor_of(name) == floor]
        print(f"{floor:<13} {len(names):>3} modules: {', '.join(names)}")
        faults += too_high(floor)
    print(f"import cycles: {len(cycles())}")
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
