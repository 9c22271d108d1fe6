"""The mix of diagnoses that Classify's answers are for: as given, as in the validation photos, or
a screening. Everything on the page follows from it."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.evaluation.paired_runs import ComparisonError
from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.prediction.mix import MixName, NamedMix, RunAtMix, mixes
from model.run import Run
from pages.shared import cache, mix_words
from pages.shared.mix_words import validation_photos
from pages.shared.url_state import Parameter, bind

FIRST_PREVALENCE = "5"  # malignant of 100 lesions, as on Training > Thresholds


@dataclass(frozen=True)
class MixChoice:
    """`run`, read at the mix that was chosen, and the `place` for what that changes, which depends
    on the kind of photo; None where there is nothing to say."""

    run: Run
    place: DeltaGenerator | None = None

    def explain(self, kind: str | None = None) -> None:
        """Say what the mix is and what it costs.

        Args:
            kind: of the photo, which is known with its answer only; None: that of the run's own.
        """
        if self.place is None or not isinstance(self.run, RunAtMix):
            return
        with self.place:
            for sentence in _consequences(self.run, kind):
                st.markdown(sentence)


def choose(run: Run, place: DeltaGenerator) -> MixChoice:
    """Let the visitor choose the mix, where the run can be read at several.

    Args:
        place: for the button; the mix in use stands below the bars.
    """
    names = mixes(run)
    if len(names) == 1:
        return MixChoice(run)
    chosen: dict[str, NamedMix] = {}
    words: list[DeltaGenerator] = []

    def chip(label, options, *, key, **settings):
        with place.popover("Mix", icon=":material/balance:", key="mix"):
            st.markdown(
                "How probable a diagnosis is depends on how frequent it is among the people you "
                "have in mind."
            )
            name = st.radio(label, options, key=key, **settings)
            prevalence = _prevalence() if name is MixName.SCREENING else None
            chosen["mix"] = NamedMix(name, prevalence)
            words.append(st.container())
        return name

    bind(
        chip,
        "Mix of diagnoses",
        list(names),
        key=f"classify_mix_{run.name}",
        name=Parameter.MIX,
        default=MixName.AS_GIVEN,
        format_func=lambda name: _option(run, name),
    )
    return MixChoice(cache.run_at(run, chosen["mix"]), words[-1])


def _option(run: Run, name: MixName) -> str:
    return {
        MixName.AS_GIVEN: "All equally frequent"
        if run.is_balanced
        else "As the network gives them",
        MixName.VALIDATION: "As in the validation photos",
        MixName.SCREENING: "A screening",
    }[name]


def _prevalence() -> float:
    """The share of malignant lesions that the visitor sets: there is no measured one."""

    def slider(label, options, *, key, **settings):
        return st.select_slider(label, options, key=key, **settings)

    text = bind(
        slider,
        "Malignant lesions per 100 lesions",
        [str(count) for count in range(1, 51)],
        key="classify_prevalence",
        name=Parameter.PREVALENCE,
        default=FIRST_PREVALENCE,
        help="Your assumption. Low in a screening, high in a clinic for suspicious lesions. The "
        "malignant diagnoses among each other, and the others, stay as frequent as in the "
        "validation photos.",
    )
    return int(text) / 100


def _consequences(run: RunAtMix, kind: str | None) -> list[str]:
    """What the mix is for photos of a kind, and what it costs on test photos of that kind."""
    base, kind = run.base, kind or next(iter(run.kinds), None)
    name = f"{kind.removesuffix(' photo')} " if kind else ""
    sentences = []
    if run.mix.prevalence is None:
        shares = base.calibration_of(kind)["mix"]["shares"]
        ranked = sorted(shares, key=shares.__getitem__, reverse=True)
        each = ", ".join(f"{describe(code).in_text} {percent(shares[code])}" for code in ranked)
        sentences.append(f"Of the {name}validation photos: {each}.")
    sentences.append(
        f"The prediction set and the threshold were fitted again on {validation_photos(kind)}, "
        "read at this mix."
    )
    try:
        compared = cache.pairing(base, run, kind)
    except ComparisonError:
        return [*sentences, f"Too few {name}test photos tell what the mix costs."]
    given, mixed, difference = compared.balanced_accuracy
    return [
        *sentences,
        f"On the same {compared.num_photos:,} {name}test photos, balanced accuracy is {mixed} at "
        f"this mix and {given} {mix_words.phrase(base, mix_words.AS_GIVEN)}: {difference}. "
        f"{compared.only_second:,} photos are answered right at this mix only, "
        f"{compared.only_first:,} only otherwise.",
    ]
