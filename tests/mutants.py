"""How many small faults in the code the tests notice: `make mutants`, docs/mutants.md.

A mutant is a module with one fault: `<` for `<=`, `and` for `or`, 2 for 1. The tests of the module
run on it, in a copy of the project and in a process of their own. Where they still pass, the mutant
has survived and the tests have a gap.

Not by a tool: mutmut forks a process that has loaded TensorFlow, which then hangs. cosmic-ray
mutates the working tree itself, has one test command for all modules and no sample, and mutates
neither `return` nor keyword arguments.
"""

import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from model.evaluation.bootstrap import wilson

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("model/evaluation", "model/prediction", "model/heatmaps")
SURVIVORS = ROOT / "build" / "mutants.json"
# model/x/y.py is tested by tests/model/x/test_y.py and, where a module or folder stands here, by
# these: they are its only tests or see what its own do not.
ELSEWHERE = {
    "model/evaluation/bootstrap.py": ["tests/model/evaluation/test_metrics.py"],
    "model/evaluation/reliability.py": ["tests/model/evaluation/test_roc.py"],
    "model/heatmaps/methods": [
        "tests/model/heatmaps/test_explainer.py",
        "tests/model/heatmaps/test_methods.py",
    ],
    "model/heatmaps/tf_keras_vis.py": ["tests/model/heatmaps/test_methods.py"],
}
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.Gt: ast.GtE,
    ast.Eq: ast.NotEq,
    ast.Is: ast.IsNot,
    ast.In: ast.NotIn,
    ast.Add: ast.Sub,
    ast.Mult: ast.Div,
    ast.BitAnd: ast.BitOr,
    ast.And: ast.Or,
}
OPERATORS |= {after: before for before, after in OPERATORS.items()}
OPERATORS |= {ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult}
NAMES = {"min": "max", "minimum": "maximum", "argmin": "argmax", "any": "all"}
NAMES |= {after: before for before, after in NAMES.items()}
# Types, the making of classes and caches, messages of errors: a fault there changes no answer.
LEFT_OUT = {"annotation", "returns", "decorator_list", "exc"}
KILLED, SURVIVED, TIMED_OUT, BROKEN = OUTCOMES = (
    "killed",
    "survived",
    "timed out",
    "could not be collected",
)


@dataclass(frozen=True)
class Mutant:
    """One fault; `source` is the whole module with it."""

    path: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self):
        return f"{self.path}:{self.line}  {self.before}  ->  {self.after}"


def mutants(source: str, path: str = "") -> list[Mutant]:
    """Every mutant of a module, in the order of its code."""
    tree = ast.parse(source)
    found = []
    for siblings, key, line in _places(tree):
        node = siblings[key]
        for other in _alternatives(node):
            siblings[key] = other
            before, after = _change(node, other)
            found.append(Mutant(path, line, before, after, ast.unparse(tree)))
        siblings[key] = node
    return found


def _places(node, line=1):
    """(siblings, key, line) of everything below a node that may be replaced, outer ones first."""
    line = getattr(node, "lineno", line)
    for name, value in ast.iter_fields(node):
        if name in LEFT_OUT:
            continue
        is_list = isinstance(value, list)
        siblings = value if is_list else vars(node)
        for key in range(len(value)) if is_list else [name]:
            child = siblings[key]
            if isinstance(child, ast.AST) and getattr(child, "arg", "") != "strict":
                yield siblings, key, getattr(child, "lineno", line)
                yield from _places(child, line)


def _alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """The faults of one node, without those of what is in it."""
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Compare(ops=[operator, *others]):
            yield _with(node, ops=[OPERATORS[type(operator)](), *others])
        case ast.BinOp(op=operator) | ast.BoolOp(op=operator) | ast.AugAssign(op=operator):
            if type(operator) in OPERATORS:
                yield _with(node, op=OPERATORS[type(operator)]())
        case ast.Return(value=ast.expr() as value) if _text(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            if _text(test) != "TYPE_CHECKING":
                yield from (_with(node, test=other) for other in _negated(test))
        case ast.comprehension(ifs=[test, *others]):
            yield from (_with(node, ifs=[other, *others]) for other in _negated(test))
        case ast.Name(id=name) if name in NAMES:
            yield ast.Name(NAMES[name])
        case ast.Attribute(attr=name) if name in NAMES:
            yield _with(node, attr=NAMES[name])
        case ast.Call(keywords=keywords):
            for keyword in keywords:
                if keyword.arg not in (None, "strict"):
                    yield _with(node, keywords=[one for one in keywords if one is not keyword])


def _negated(test):
    """The opposite of a condition, unless another mutant is just that."""
    opposite = ast.Eq | ast.NotEq | ast.Is | ast.IsNot | ast.In | ast.NotIn
    of_another = isinstance(test, ast.UnaryOp) or (
        isinstance(test, ast.Compare) and isinstance(test.ops[0], opposite)
    )
    return [] if of_another else [ast.UnaryOp(ast.Not(), test)]


def _with(node, **fields):
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _text(node):
    return ast.unparse(node).strip().partition("\n")[0]


def _change(before, after):
    """The texts of both nodes; of long ones what lies around their first difference."""
    texts = _text(before), _text(after)
    pairs = enumerate(zip(*texts, strict=False))
    same = next((place for place, (left, right) in pairs if left != right), 0)
    start = max(0, same - 30) if len(texts[0]) > 80 else 0
    return [textwrap.shorten(text[start:], 80, placeholder="...") for text in texts]


def sample(found: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Mutants by chance, of every module about as large a share, in an order by chance."""
    chance = random.Random(seed)
    by_module = sorted(found, key=lambda mutant: (mutant.path, chance.random()))
    step = len(found) / min(size, len(found))
    start = step * chance.random()
    drawn = [by_module[int(start + step * place)] for place in range(min(size, len(found)))]
    chance.shuffle(drawn)
    return drawn


def files_testing(tree: Path, path: str) -> tuple[str, ...]:
    """The files with the tests of a module."""
    module = Path(path)
    own = (Path("tests") / module.with_name(f"test_{module.name}")).as_posix()
    elsewhere = ELSEWHERE.get(path, ELSEWHERE.get(module.parent.as_posix(), ()))
    return (*([own] if (tree / own).exists() else []), *elsewhere)


def run_tests(tree: Path, tests: Sequence[str], limit: float | None = None) -> str:
    """Which of `OUTCOMES` the tests have in a copy of the project, within a limit in seconds."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    # A stored .pyc of the same second and size would hide the next mutant.
    environment = os.environ | {"LENTIGO_MUTANTS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, timeout=limit, capture_output=True, check=False
        )
    except subprocess.TimeoutExpired:
        return TIMED_OUT
    return {0: SURVIVED, 1: KILLED}.get(done.returncode, BROKEN)


def clean_run(tree: Path, tests: Sequence[str]) -> float:
    """Seconds that tests take on the code as it is; they must pass."""
    started = time.perf_counter()
    if not tests or run_tests(tree, tests) != SURVIVED:
        sys.exit(f"Without any mutant these tests do not pass: {', '.join(tests) or 'none'}")
    return time.perf_counter() - started


def run_mutant(tree: Path, mutant: Mutant, limit: float) -> str:
    """Which of `OUTCOMES` the tests of its module have on a mutant."""
    target = tree / mutant.path
    original = target.read_text("utf-8")
    target.write_text(mutant.source, "utf-8")
    try:
        return run_tests(tree, files_testing(tree, mutant.path), limit)
    finally:
        target.write_text(original, "utf-8")


def chosen() -> list[Mutant]:
    """The mutants that the environment asks for."""
    if os.environ.get("AGAIN"):
        return [Mutant(**fields) for fields in json.loads(SURVIVORS.read_text("utf-8"))]
    files = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    everything = [
        mutant
        for file in files
        for mutant in mutants(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())
    ]
    if os.environ.get("ALL"):
        return everything
    size, seed = int(os.environ.get("SAMPLE", "200")), int(os.environ.get("SEED", "1"))
    print(f"{size} of {len(everything)} mutants, seed {seed}")
    return sample(everything, size, seed)


def report(outcomes: dict[Mutant, str]) -> None:
    """Print the share killed in each package and in all, and keep and print the others."""
    for package in (*PACKAGES, "model"):
        counts = Counter(
            outcome for mutant, outcome in outcomes.items() if mutant.path.startswith(package)
        )
        if counts:
            share = wilson(counts[KILLED], counts.total())
            others = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES)
            print(f"{package}: {share} killed of {counts.total()} ({others})")
    left = {mutant: outcome for mutant, outcome in outcomes.items() if outcome != KILLED}
    for mutant, outcome in left.items():
        print(f"{outcome}: {mutant}")
    SURVIVORS.parent.mkdir(exist_ok=True)
    SURVIVORS.write_text(json.dumps([asdict(mutant) for mutant in left], indent=1), "utf-8")


def main() -> None:
    found = chosen()
    outcomes = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "lentigo"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__", "build"))
        tests = {files_testing(tree, mutant.path) for mutant in found}
        seconds = {files: clean_run(tree, files) for files in sorted(tests)}
        try:
            for number, mutant in enumerate(found, start=1):
                limit = 4 * (seconds[files_testing(tree, mutant.path)] + 30)
                outcomes[mutant] = run_mutant(tree, mutant, limit)
                print(f"{number}/{len(found)} {outcomes[mutant]}: {mutant}", flush=True)
        except KeyboardInterrupt:
            print("Stopped. Of those that ran:")
    report(outcomes)


if __name__ == "__main__":
    main()
