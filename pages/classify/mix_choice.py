"""The mix of diagnoses that Classify's answers are for: as given, as in the validation photos, or
a screening. Everything on the page follows from it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from model.evaluation.run_sentences import percent
from model.lesions import describe
from model.prediction.mix import MixName, NamedMix, mixes
from model.run import Run
from pages.shared import cache, mix_words
from pages.shared.url_state import Parameter, bind

FIRST_PREVALENCE = "5"  # malignant of 100 lesions, as on Training > Thresholds


def choose(run: Run, place: DeltaGenerator) -> Run:
    """Let the visitor choose the mix, where the run can be read at several; returns the run read
    at it.

    Args:
        place: for the button; the mix in use stands below the bars.
    """
    names = mixes(run)
    if len(names) == 1:
        return run
    chosen: dict[str, NamedMix] = {}

    def chip(label, options, *, key, **settings):
        with place.popover("Mix", icon=":material/balance:", key="mix"):
            st.markdown(
                "How probable a diagnosis is depends on how frequent it is among the people you "
                "have in mind."
            )
            name = st.radio(label, options, key=key, **settings)
            prevalence = _prevalence() if name is MixName.SCREENING else None
            chosen["mix"] = NamedMix(name, prevalence)
            for sentence in _consequences(run, chosen["mix"]):
                st.markdown(sentence)
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
    return cache.run_at(run, chosen["mix"])


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


def _consequences(run: Run, mix: NamedMix) -> list[str]:
    """What the mix is, and what it costs."""
    if mix.name is MixName.AS_GIVEN:
        return []
    fit = run.calibration["mix"]["shares"]
    kind = f"{run.kinds[0].removesuffix(' photo')} " if run.kinds else ""
    ranked = sorted(fit, key=fit.__getitem__, reverse=True)
    shares = ", ".join(f"{describe(code).in_text} {percent(fit[code])}" for code in ranked)
    compared = cache.pairing(run, cache.run_at(run, mix))
    given, mixed, difference = compared.balanced_accuracy
    sentences = [f"Of the {kind}validation photos: {shares}."] if mix.prevalence is None else []
    return [
        *sentences,
        "The prediction set and the threshold were fitted again on the validation photos, read at "
        "this mix.",
        f"On the same {compared.num_photos:,} {kind}test photos, balanced accuracy is {mixed} at "
        f"this mix and {given} {mix_words.phrase(run, mix_words.AS_GIVEN)}: {difference}. "
        f"{compared.only_second:,} photos are answered right at this mix only, "
        f"{compared.only_first:,} only otherwise.",
    ]
