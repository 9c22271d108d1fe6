"""Where several runs disagree about one photo, in words."""

from collections.abc import Callable, Mapping

from model.lesions import describe
from model.prediction.agreement import agreement
from pages.shared.statements import Statements
from pages.shared.together import together


def of(by_title: Mapping[str, Statements]) -> list[str]:
    """Where the runs disagree, as Markdown, the gravest first.

    Args:
        by_title: what may be said about each run's prediction.
    """
    diagnoses = {title: about.prediction.diagnosis for title, about in by_title.items()}
    verdicts = {title: about.run.verdict(diagnoses[title]) for title, about in by_title.items()}
    return sentences(diagnoses, together(dict(by_title)).may_be_right, verdicts)


def sentences(
    diagnoses: dict[str, str],
    may_be_right: bool = True,
    verdicts: dict[str, str | None] | None = None,
) -> list[str]:
    """Where the runs disagree, as Markdown, the gravest first.

    Args:
        diagnoses: code by title of the run.
        may_be_right: False where the photo is familiar to none of them.
        verdicts: malignant or benign by title of the run, see `Run.verdict`.
    """
    if len(diagnoses) < 2:
        return ["Choose a second model to see whether they agree."]
    result = agreement(diagnoses, verdicts)
    lines = []
    if not result.same_verdict:
        groups = _groups(result.verdicts, str)
        lines.append(f"**They disagree on malignant or benign**: {groups}.")
    elif result.verdicts:
        verdict, titles = next(iter(result.verdicts.items()))
        harmless = ", which does not mean harmless" if verdict == "benign" else ""
        lines.append(f"{len(titles)} of {len(diagnoses)} answers are {verdict}{harmless}.")
    total = sum(map(len, result.diagnoses.values()))
    if result.same_diagnosis and result.diagnoses:
        codes = " or ".join(describe(code).in_text for code in result.diagnoses)
        lines.append(f"{total} of {total} that name a diagnosis say {codes}.")
    elif result.diagnoses:
        num_others = len(diagnoses) - total
        others = f" {num_others} can name none." if num_others else ""
        groups = _groups(result.diagnoses, lambda code: describe(code).in_text)
        lines.append(f"**They disagree on the diagnosis**: {groups}.{others}")
    if may_be_right and not (result.same_verdict and result.same_diagnosis):
        lines.append("At least one of them is wrong, and nothing here shows which.")
    elif may_be_right and result.diagnoses:
        lines.append("That they agree does not make it right.")
    return lines


def _groups(groups: dict[str, list[str]], words: Callable[[str], str]) -> str:
    return "; ".join(
        f"{len(titles)} say{'s' * (len(titles) == 1)} {words(answer)} ({' / '.join(titles)})"
        for answer, titles in groups.items()
    )
