"""Agreement: where several runs disagree about one photo."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from model.lesions import VERDICTS, agree, verdict


@dataclass(frozen=True)
class Agreement:
    """Who says what about one photo.

    `verdicts` and `diagnoses` give the names of the runs by `malignant` and `benign`, and by code;
    what most say comes first. A run whose answer has no known verdict stands in no verdict, one
    that knows verdicts only in no diagnosis.
    """

    verdicts: dict[str, tuple[str, ...]]
    diagnoses: dict[str, tuple[str, ...]]

    @property
    def same_verdict(self) -> bool:
        return len(self.verdicts) < 2

    @property
    def same_diagnosis(self) -> bool:
        """True where all diagnoses can stand for one, see `model.lesions.agree`."""
        return all(agree(first, second) for first, second in combinations(self.diagnoses, 2))


def agreement(
    diagnoses: Mapping[str, str], verdicts: Mapping[str, str | None] | None = None
) -> Agreement:
    """Group runs by the diagnosis they predict.

    Args:
        diagnoses: code by name of the run.
        verdicts: `Run.verdict` of that code by name of the run; None: what `model.lesions` says.
    Returns:
        `Agreement`.
    """
    verdicts = verdicts or {name: verdict(code) for name, code in diagnoses.items()}
    return Agreement(
        _by_most((word, name) for name, word in verdicts.items() if word),
        _by_most((code, name) for name, code in diagnoses.items() if code not in VERDICTS),
    )


def _by_most(pairs):
    groups: dict[str, list[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return {key: tuple(names) for key, names in ordered}
