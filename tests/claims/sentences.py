"""Sentences that judge or compare, wherever the project says something to a reader."""

import ast
import re
from collections.abc import Iterator

from tests.conftest import ROOT

JUDGING = re.compile(
    r"\b(?:better|worse|best|worst|calibrated|gone|no cop(?:y|ies)|holds (?:for|0|zero|the truth)|"
    r"hold (?:for|0|zero|the truth|what)|pass(?:es|ed)?|matter(?:s|ed)|stable|steady|fewer|higher|"
    r"lower|(?:more|less|no more|no less) often|improve[sd]?|gain(?:s|ed)?|flatters?|alike|as good|"
    r"as well as|reliabl[ey]|prove[sn]?|shows? that|no (?:difference|effect|gain|lift)|beats?|"
    r"weak(?:er|est)?|strong(?:er|est)?|too (?:high|low|good|often|likely)|"
    r"means? (?:little|nothing)|outperforms?|more than a (?:third|quarter|half)|on average|"
    r"about right|survives?|robust|may be chance)\b",
    re.IGNORECASE,
)
# Written by `python -m train report` from sentences of `model` and `train`, which are looked at.
WRITTEN_BY_COMMAND = (
    "docs/cases.md",
    "docs/leaks.md",
    "docs/reproduction.md",
    "docs/reporting.md",
    "docs/mutants.md",
    "docs/shortcuts.md",
    "docs/atlas.md",
    "docs/outline.md",
)


def documents() -> list[str]:
    """The documents that people write, as paths from the project's folder."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    names = [path.relative_to(ROOT).as_posix() for path in paths]
    return [name for name in names if name not in WRITTEN_BY_COMMAND]


def modules() -> list[str]:
    """The modules whose texts reach a screen or a report, as paths from the project's folder."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in ("pages", "model", "train/reports")
        for path in (ROOT / folder).rglob("*.py")
    )


def templates() -> list[str]:
    """What reports are filled into, as paths from the project's folder."""
    folders = ("train/reports/*.jinja", "model/audit/*.jinja", "pages/*/*.html")
    paths = [path for folder in folders for path in ROOT.glob(folder)]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def judging(name: str) -> list[str]:
    """The sentences of a document or template, or the texts of a module, that judge or compare."""
    text = (ROOT / name).read_text("utf-8")
    if name.endswith((".jinja", ".html")):
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]+>", " ", text, flags=re.S)  # figures, tags
    found = in_code(text) if name.endswith(".py") else in_markdown(text)
    return [sentence for sentence in found if JUDGING.search(sentence)]


def in_markdown(text: str) -> Iterator[str]:
    """Sentences of a document, each in one line; code blocks left out, table rows as sentences."""
    text = re.sub(r"^```.*?^```|^ {4}.*?$", "", text, flags=re.S | re.M)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-|#>*]|\d+\.) )", text):
        yield from re.split(r"(?<=[.!?:;])\s+", " ".join(block.split()))


def in_code(text: str) -> Iterator[str]:
    """Texts of a module, each in one line, without docstrings and single words."""
    tree = ast.parse(text)
    # A string that stands alone documents a module, a class, a function or an attribute.
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.split()
            if len(words) > 1 and id(node) not in docstrings:
                yield " ".join(words)
