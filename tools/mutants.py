"""Mutants: one small fault at a time is put into the arithmetic core; the tests that concern it must notice.

    python -m tools.mutants [--sample 150] [--seed 0] [--workers 2] [--out runs/mutants.jsonl]

A mutant changes an operator, a comparison, a condition, a number or a function such as min. Nothing is written to the
source: a fork of this process compiles the changed module in memory and runs the tests of `TARGETS` in it, within
MAX_CPU_SECONDS. Outcomes are appended to --out as they come, keyed by the text of the module and of its tests, so a
second call goes on where the first ended. Needs a system with fork. Exits with 1 below MIN_KILLED.
"""

import argparse
import ast
import hashlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).parents[1]
MIN_KILLED = 0.85  # of the mutants
MAX_CPU_SECONDS = 60  # of a mutant's tests; a loop that no longer ends counts as noticed
KILLED, SURVIVED = "killed", "survived"


@dataclass(frozen=True, slots=True)
class Target:
    """A module whose mutants the `tests` must notice: all of it, or some of its functions and constants."""

    module: str
    tests: tuple[str, ...]
    names: tuple[str, ...] = ()


TARGETS = (
    Target("cer.fusion.mhpf", ("tests/cer/fusion/test_mhpf.py",)),
    Target("cer.fusion.compound", ("tests/cer/fusion/test_compound.py",)),
    Target("cer.fusion.open_set", ("tests/cer/fusion/test_open_set.py",)),
    Target("cer.fusion.calibration", ("tests/cer/fusion/test_calibration.py",)),
    Target("cer.fusion.decision", ("tests/cer/fusion/test_decision.py",), ("decide", "states", "statements")),
    Target("cer.segments", ("tests/cer/test_segments.py",)),
    Target("cer.pipeline", ("tests/cer/test_observation.py",), ("MAX_PEOPLE", "add_segments")),
    Target("cer.observation", ("tests/cer/test_observation.py",)),
    Target("eval.targets", ("tests/eval/test_targets.py",)),
    Target("eval.submit", ("tests/eval/test_submit.py",)),
    Target("eval.scores", ("tests/eval/test_scores.py",)),
)

OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
FUNCTIONS = {
    **{"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"},
    **{"argmax": "argmin", "argmin": "argmax"},
}
UNTESTED_ARGUMENTS = frozenset({"strict"})  # of zip: an assertion about the caller, the same for all valid input


@dataclass(frozen=True, slots=True)
class Mutant:
    """variant: which change of the node; node: its position among the module's nodes."""

    target: Target
    node: int
    variant: int
    line: int
    before: str
    after: str
    key: str


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes whose change a run can show: no annotation, decorator, or message of an exception."""
    yield tree
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            wordless = not isinstance(child, (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom))
            tested = not (isinstance(child, ast.keyword) and child.arg in UNTESTED_ARGUMENTS)
            if isinstance(child, ast.AST) and wordless and tested:
                yield from nodes(child)


def parts(tree: ast.Module, names: Sequence[str]) -> Iterator[ast.AST]:
    """The nodes of a module, or of its functions, methods and constants with these names."""
    if not names:
        yield from nodes(tree)
    for node in nodes(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.Assign(targets=[ast.Name(id=name)]) if name in names:
                yield from nodes(node)


def variants(node: ast.AST) -> int:
    """In how many ways a node can be changed."""
    match node:
        case ast.BinOp() | ast.AugAssign():
            return int(type(node.op) in OPERATORS)
        case ast.Compare(ops=[operator]):
            return len(COMPARISONS[type(operator)])
        case ast.Constant(value=bool() | int() | float()) | ast.BoolOp() | ast.UnaryOp():
            return 1
        case ast.If() | ast.IfExp() | ast.While():
            return int(not isinstance(node.test, (ast.Compare, ast.UnaryOp)))
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return int(name in FUNCTIONS)
    return 0


def change(node: ast.AST, variant: int) -> None:
    """Change a node in its tree."""
    match node:
        case ast.BinOp() | ast.AugAssign():
            node.op = OPERATORS[type(node.op)]()
        case ast.Compare():
            node.ops = [COMPARISONS[type(node.ops[0])][variant]()]
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float() as number):
            node.value = number + 1
        case ast.BoolOp():
            node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.USub()):
            node.op = ast.UAdd()
        case ast.UnaryOp():  # not x, ~x: twice is not at all
            node.operand = ast.UnaryOp(node.op, node.operand)
        case ast.If() | ast.IfExp() | ast.While():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Call(func=ast.Name() as name):
            name.id = FUNCTIONS[name.id]
        case ast.Call(func=ast.Attribute() as attribute):
            attribute.attr = FUNCTIONS[attribute.attr]


def path_of(module: str) -> Path:
    return ROOT / Path(*module.split(".")).with_suffix(".py")


def mutants(target: Target) -> list[Mutant]:
    """All mutants of a target, in the order of its nodes."""
    source = path_of(target.module).read_text("utf-8")
    if missing := [name for name in target.names if not any(True for _ in parts(ast.parse(source), [name]))]:
        raise ValueError(f"{target.module} has no {', '.join(missing)}: the list of targets is out of date")
    texts = [source, *((ROOT / test.partition("::")[0]).read_text("utf-8") for test in target.tests)]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    result = []
    for number, node in enumerate(parts(ast.parse(source), target.names)):
        for variant in range(variants(node)):
            before = shown(node)
            changed = list(parts(ast.parse(source), target.names))[number]
            change(changed, variant)
            key = f"{digest[:16]}:{number}:{variant}"
            line = getattr(node, "lineno", 0)
            result.append(Mutant(target, number, variant, line, before, shown(changed), key))
    return result


def shown(node: ast.AST) -> str:
    """A node as a line of source: of a statement with a condition, the condition."""
    return ast.unparse(node.test if isinstance(node, (ast.If, ast.While)) else node)


def compiled(mutant: Mutant) -> CodeType:
    """The module with its fault."""
    path = path_of(mutant.target.module)
    tree = ast.parse(path.read_text("utf-8"))
    change(list(parts(tree, mutant.target.names))[mutant.node], mutant.variant)
    return compile(ast.fix_missing_locations(tree), str(path), "exec")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from compiled code instead of its file."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, path_of(fullname), loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(self.code, module.__dict__)


def preload() -> None:
    """Import what the tests need and forget what is ours: forks have the libraries, and import the project again."""
    for target in TARGETS:
        for test in target.tests:
            importlib.import_module(test.partition("::")[0].removesuffix(".py").replace("/", "."))
    for name in [name for name in sys.modules if name.partition(".")[0] in {"cer", "eval", "tests"}]:
        del sys.modules[name]


def start(tests: Sequence[str], mutant: Mutant | None) -> int:
    """Run tests in a fork, against a mutant or the code as it is. Returns the process' number."""
    import pytest

    process = os.fork()
    if process:
        return process
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        if mutant is not None:
            sys.meta_path.insert(0, Changed(mutant.target.module, compiled(mutant)))
        with tempfile.TemporaryDirectory() as folder:
            options = ["-x", "-p", "no:cacheprovider", "--noconftest", "--tb=no", "--basetemp", f"{folder}/tests"]
            code = pytest.main([*options, *tests])
        os._exit(int(code))
    except BaseException:
        os._exit(3)


def outcome(status: int) -> str:
    """What the end of a fork says about its mutant."""
    code = os.waitstatus_to_exitcode(status)
    return SURVIVED if code == 0 else KILLED


def run(chosen: Sequence[Mutant], out: Path, workers: int) -> dict[str, str]:
    """The outcome of each mutant by its key; those in `out` are not run again."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.touch()
    outcomes = {line["key"]: line["outcome"] for line in map(json.loads, out.read_text("utf-8").splitlines())}
    waiting = [mutant for mutant in chosen if mutant.key not in outcomes]
    running: dict[int, Mutant] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop(0)
            running[start(mutant.target.tests, mutant)] = mutant
        process, status = os.wait()
        mutant = running.pop(process)
        outcomes[mutant.key] = outcome(status)
        where = f"{mutant.target.module}:{mutant.line}"
        line = {"key": mutant.key, "outcome": outcomes[mutant.key], "where": where, "change": change_of(mutant)}
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return outcomes


def change_of(mutant: Mutant) -> str:
    return f"{mutant.before}  ->  {mutant.after}"


def report(chosen: Sequence[Mutant], outcomes: dict[str, str]) -> float:
    """Print the survivors and a table. Returns the share of the mutants that the tests killed."""
    for mutant in chosen:
        if outcomes[mutant.key] == SURVIVED:
            print(f"survived  {mutant.target.module}:{mutant.line}  {change_of(mutant)}")
    print("| module | mutants | killed | share |\n|---|---:|---:|---:|")
    rows = [(target.module, [m for m in chosen if m.target is target]) for target in TARGETS]
    share = 0.0
    for name, members in [*rows, ("all", list(chosen))]:
        killed = sum(outcomes[mutant.key] == KILLED for mutant in members)
        share = killed / max(len(members), 1)
        print(f"| {name} | {len(members)} | {killed} | {share:.3f} |")
    return share


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, default=150, help="mutants to draw; 0 takes all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "mutants.jsonl")
    parser.add_argument("--only", default="", help="a module of the list, such as cer.segments")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pool = [mutant for target in TARGETS if target.module.startswith(options.only) for mutant in mutants(target)]
    size = min(options.sample or len(pool), len(pool))
    chosen = sorted(random.Random(options.seed).sample(pool, size), key=pool.index)
    if options.list:
        print("\n".join(f"{mutant.target.module}:{mutant.line}  {change_of(mutant)}" for mutant in chosen))
        return 0
    preload()
    for target in TARGETS:
        if any(mutant.target is target for mutant in chosen):
            _, status = os.waitpid(start(target.tests, None), 0)
            if outcome(status) != SURVIVED:
                print(f"{target.module}: {', '.join(target.tests)} fail without any fault. Fix them first.")
                return 2
    print(f"{len(chosen)} of {len(pool)} mutants")
    return 0 if report(chosen, run(chosen, options.out, options.workers)) >= MIN_KILLED else 1


if __name__ == "__main__":
    sys.exit(main())
