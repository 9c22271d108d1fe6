"""At which mix of diagnoses a run's probabilities are, in words."""

from model.evaluation.run_sentences import percent
from model.prediction.mix import MixName, NamedMix, RunAtMix
from model.run import Run

AS_GIVEN = NamedMix(MixName.AS_GIVEN)


def mix_of(run: Run) -> NamedMix:
    """The mix that a run is read at."""
    return run.mix if isinstance(run, RunAtMix) else AS_GIVEN


def phrase(run: Run, mix: NamedMix) -> str:
    """A mix as the end of a sentence; "as the network gives them" where its training made nothing
    equally frequent, so that nobody can name the mix."""
    if mix.name is MixName.VALIDATION:
        return "as if diagnoses were as frequent as in the validation photos"
    if mix.prevalence is not None:
        return f"as if {percent(mix.prevalence)} of lesions were malignant"
    if run.is_balanced:
        return "as if all diagnoses were equally frequent"
    return "as the network gives them"


def sentence(run: Run, kind: str | None = None) -> str:
    """The mix of a run's probabilities in few words, for the foot of what shows them.

    Args:
        kind: of the photo, where it is one and the run tells kinds apart.
    """
    mix = mix_of(run)
    if mix.name is MixName.VALIDATION:
        return f"Probabilities for diagnoses as frequent as in {validation_photos(kind)}."
    if mix.prevalence is not None:
        return f"Probabilities where {percent(mix.prevalence)} of lesions are malignant."
    if run.is_balanced:
        return "Probabilities for equally frequent diagnoses."
    return "Probabilities as the network gives them."


def validation_photos(kind: str | None) -> str:
    """ "the phone validation photos"; without a kind, "the validation photos"."""
    return (
        f"the {kind.removesuffix(' photo')} validation photos" if kind else "the validation photos"
    )


def by_sentence(runs: dict[str, Run]) -> dict[str, list[str]]:
    """The titles of some runs by the mix of their probabilities, as `sentence` has it.

    Args:
        runs: by title.
    """
    titles: dict[str, list[str]] = {}
    for title, run in runs.items():
        titles.setdefault(sentence(run), []).append(title)
    return titles
