"""No sentence about a photo says doubt, holds, like or so without a measured figure beside it.

Every row that a visitor reads together is walked through, for runs that measured nothing,
everything, or guess, and for the edition that opens first. Texts of the code that hold such a word
must have been met on the way: a new sentence is either met, and held to its figure, or it fails.
"""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from model import run
from model.evaluation import covering_rates
from model.evaluation.photo_faults import FAULTS
from model.photo.quality import MEASURES
from model.prediction.prediction import Prediction, Stability
from model.prediction.stress_test import Perturbation, StressTest
from model.run import COVERING, OWN_SOURCE, STRESS, TURNING
from model.run.tables import COVERING_NUMBERS
from model.run.writer import add_table
from pages.classify.signs import Level, Sign, known_at_once, of_heatmap
from pages.shared import crop_picker, session, stress_test
from pages.shared.familiarity import Familiarity
from pages.shared.measured import of_run
from pages.shared.statements import about
from pages.shared.together import together
from tests import toys
from tests.claims.sentences import in_code
from tests.conftest import ROOT
from tests.model.evaluation.test_sign_cost import external, sixty_photos
from tests.pages.explain.test_explain import covering_of
from tests.pages.test_imported_runs import IMPORTED

VERDICT = re.compile(
    r"\b(?:doubt|holds?(?! still)|matter(?:s|ed)|(?:un)?stable|(?:un)?steady|(?:un)?like|"
    r"means? (?:little|nothing)|unusual|beats?)\b",
    re.IGNORECASE,
)
WITH_NUMBER = re.compile(r"\b(?:[Oo]f|[Oo]n) (?:the |its )?\d[\d,]* ")
WITH_INTERVAL = re.compile(r"\d\.\d\d \(\d\.\d\d(?:-| to )\d\.\d\d\)")
UNKNOWN = re.compile(
    r"was not measured|was not tested|not checked|nothing is known|too few to tell"
)
MODULES = (
    *("statements", "familiarity", "sign_costs", "together", "stress_test", "measured"),
    *("signs", "photo_quality"),
)
ADVICE = "A spot like this on your own skin is a reason to see a doctor."  # no verdict


def is_backed(texts, is_doubt=False):
    """Whether texts that are read together have a figure with its number for each verdict, or say
    that there is none; a reason for doubt must have the figure, with its interval."""
    words = "\n".join(texts).replace(ADVICE, "")
    if is_doubt:
        return bool(WITH_NUMBER.search(words) and WITH_INTERVAL.search(words))
    if not VERDICT.search(words):
        return True
    return bool(WITH_NUMBER.search(words) or UNKNOWN.search(words))


@pytest.mark.parametrize(
    ("texts", "is_doubt", "backed"),
    [
        (("Dark.",), False, True),
        (("Unstable.",), False, False),
        (("This answer means little.", "It is 0.5 often."), False, False),
        (("Unlike the others.", "Of 30 such photos 12 are right."), False, True),
        (("Unlike the others.", "What that costs was not measured."), False, True),
        (("Dark.", "What that costs was not measured."), True, False),
        (("Dark.", "Of 30 such photos it got 12 right."), True, False),
        (("Dark.", "Of 30 such photos it got 0.40 (0.30-0.50) right."), True, True),
    ],
)
def test_a_verdict_without_its_figure_is_noticed(texts, is_doubt, backed):
    assert is_backed(texts, is_doubt) is backed


def nothing_measured(folder):
    return toys.write(folder, "plain", rows=sixty_photos())


def drawings(folder):
    data = toys.card()["data"] | {"rendered": True}
    return toys.write(folder, "drawings", data=data)


def guessing(folder):
    rows = toys.predictions()
    rows[[column for column in rows if column.startswith("p_")]] = 1 / 3
    changes = {"protocol": run.IMPORTED, "imported": IMPORTED}
    return toys.write(folder, "guessing", rows=rows, **changes)


def everything_measured(folder):
    """Own photos misread when dark, turned or stressed; so are those of two kinds elsewhere."""
    rows = sixty_photos().assign(novelty=0.5, recognised="dermatoscopic photo")
    phones = external(60, 25, kind="phone photo", source="phones")
    phones["image_id"] = "phone_" + phones["image_id"]
    phones["split"] = ["train"] * 5 + ["test"] * 55
    nothing = external(10, 5, kind="no lesion", source="", diagnosis="")
    nothing["image_id"] = "nothing_" + nothing["image_id"]
    photos = pd.concat([external(60, 25), phones, nothing]).assign(recognised="")
    names = [f"test_{number}" for number in range(60)]
    others = [f"other_{number}" for number in range(60)]
    phone = [f"phone_other_{number}" for number in range(60)]
    measured = pd.DataFrame(
        {
            "split": "test",
            "source": [OWN_SOURCE] * 60 + ["official test"] * 60 + ["phones"] * 60,
            "image_id": names + others + phone,
        }
    )
    marked = np.tile(np.arange(60) < 25, 3)
    limits = toys.quality(60)
    quality = measured[measured["source"] != "phones"].assign(
        blur=0.5, light=np.where(marked[:120], 0.0, 0.5), glare=0.05, side=150.0, fill=0.5
    )
    limits = limits[limits["split"] == "validation"].assign(source=OWN_SOURCE)
    written = toys.write(
        folder,
        "everything",
        rows=rows,
        external=photos,
        quality=pd.concat([limits, quality]),
        has_kinds=True,
        input=toys.card()["input"] | {"views": 8},
    )
    views = {"num_views": 8, "num_agreeing": np.where(marked, 5, 8), "low": 0.5, "high": 0.6}
    written = add_table(written, TURNING, measured.assign(**views))
    changes = {"num_changes": 30, "num_holding": np.where(marked, 20, 30)}
    written = add_table(written, STRESS, measured.assign(**changes))
    figures = dict.fromkeys(COVERING_NUMBERS, 0.5)
    covered = pd.DataFrame({"image_id": names, "lesion_id": names, **figures, "verdict": "better"})
    maps = (covering_rates.OWN, covering_rates.RANDOM, covering_rates.SHUFFLED)
    own = np.where(np.arange(len(names)) % 2, "better", "no better")
    verdicts = (own, "no better", "no better")
    tables = [
        covered.assign(map=of, verdict=verdict) for of, verdict in zip(maps, verdicts, strict=True)
    ]
    return add_table(written, COVERING, pd.concat(tables))


STABLE = Stability(8, 8, 0.5, 0.6, (0.1, 0.3))
UNSTEADY = (Stability(8, 5, 0.2, 0.6, (0.1, 0.3)), Stability(8, 8, 0.2, 0.6, None))


def predictions(of):
    """Predictions for photos of every kind: flagged or not, stable or not, sets of one or more."""
    first, second, *rest = of.diagnoses
    probabilities = {first: 0.7, second: 0.2, **dict.fromkeys(rest, 0.1 / max(len(rest), 1))}
    for novelty, stability, size, kind in itertools.product(
        (None, 0.5, 1.4), (None, STABLE, *UNSTEADY), (0, 1, 2), of.kinds or (None,)
    ):
        yield Prediction(
            probabilities,
            tuple(of.diagnoses[:size]),
            novelty,
            stability,
            kind,
            (kind, 0.99) if kind else None,
            tuple(of.malignant),
        )


def rows_of(statements, photo):
    """Every row about a prediction that is read together, as signs."""
    flips = Perturbation("crop", "of 4 %", Prediction({"a": 0.4, "b": 0.6}, ("b",), None))
    own = statements.prediction
    stays = Perturbation("crop", "of 4 %", own)
    yield from known_at_once(statements, photo)
    for result in (None, *COVERED):
        for is_tested in (True, False):
            yield of_heatmap(statements, result, is_tested)
    for change in (flips, stays):
        tested = StressTest(own, (change,))
        texts = tuple(stress_test.sentences(tested, statements))
        yield Sign("Stress test", Level.NOTE, texts)
    level = Level.DOUBT if statements.is_judged and statements.doubts else Level.NOTE
    yield Sign(statements.headline, level, (statements.summary, statements.cannot_judge))
    yield Sign("Figures", Level.NOTE, (*statements.conclusions, *statements.figures))
    for caveat in statements.caveats:
        yield Sign("Before the answer", Level.NOTE, (caveat,))


COVERED = [
    covering_of(0.71, 0.18, [0.65, 0.7, 0.19, 0.3]),
    covering_of(0.71, 0.3, [0.65, 0.7, 0.19, 0.3]),
    covering_of(0.71, 0.69, [0.68, 0.7, 0.69, 0.7]),
    covering_of(0.03, 0.01, [0.03, 0.03, 0.03, 0.03]),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made = [make(folder) for make in (nothing_measured, everything_measured, drawings, guessing)]
    shipped = [run.read(ROOT / "assets" / "runs" / name) for name in ("lentigo_second", "ham7_cnn")]
    return [*made, *shipped]


@pytest.fixture
def photo(monkeypatch):
    """A photo with chosen faults, which no session holds."""
    monkeypatch.setattr(session, "faults", lambda of, photo, kind: photo.faults)
    monkeypatch.setattr(session, "quality", lambda of, photo: dict.fromkeys(MEASURES, 0.5))
    monkeypatch.setattr(crop_picker, "is_squashed", lambda photo: photo.is_squashed)
    return SimpleNamespace(faults=[], is_squashed=False, sample="", crop=None)


@pytest.mark.slow
def test_every_verdict_has_its_figure_in_the_same_row(runs, photo):
    met, seen_as, levels = [], set(), set()
    for of in runs:
        met.append(of_run(of))
        known = [fault for fault in FAULTS if of.quality is not None]
        for prediction, is_rendered in itertools.product(predictions(of), (False, True)):
            own_kind = prediction.kind in (None, *of.kinds[:1])
            for faults in ([], *([fault] for fault in known if own_kind)):
                photo.faults, photo.is_squashed = faults, not faults and is_rendered
                statements = about(of, prediction, is_rendered, faults)
                seen_as.add(statements.familiarity)
                for sign in rows_of(statements, photo):
                    levels.add(sign.level)
                    texts = (sign.words, *sign.sentences)
                    assert is_backed(texts, sign.level is Level.DOUBT), (of.name, texts)
                    met += texts
                several = together({of.title: statements, "The same": statements})
                met += [several.novelty, several.drawing_warning, several.alarms]
    assert seen_as == set(Familiarity)
    assert levels == set(Level)
    everything = " ".join(" ".join(met).split())
    for place in MODULES:
        (file,) = (ROOT / "pages").rglob(f"{place}.py")
        unmet = [
            text
            for text in in_code(file.read_text("utf-8"))
            if VERDICT.search(text.replace(ADVICE, "")) and text not in everything
        ]
        assert not unmet, f"Nothing shows {unmet} of {file}: add a photo or a run that does."
