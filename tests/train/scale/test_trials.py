"""What is said of works that run side by side, and which recipes are tried at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from model.run import HISTORY_COLUMNS
from train.build import BuildError, BuildOptions
from train.progress import console
from train.recipes import RECIPES
from train.recipes.demo import DEMO
from train.recipes.ham7 import HAM7_CNN
from train.recipes.lentigo_second import LENTIGO_SECOND
from train.recipes.own import OWN_CNN
from train.scale import trials
from train.scale.trials import Failure, Job


@pytest.fixture
def job(tmp_path):
    return Job(DEMO, None, tmp_path, BuildOptions(num_folds=2))


def begin(job, number, times=1):
    """What a process writes when it is given a fold, and what the training says in it."""
    log = job.workspace / "processes" / f"fold_{number}.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(
        "".join(f"Begun by process {12 + n} on here\nFold 0 ...\n" for n in range(times))
    )


def finish_epochs(job, number, *val_losses):
    folder = job.workspace / f"fold_{number}"
    folder.mkdir(parents=True)
    rows = [f"{number},{n},0.5,0.9,{loss},0.8,0.001,2.4" for n, loss in enumerate(val_losses, 1)]
    (folder / "history.csv").write_text("\n".join([",".join(HISTORY_COLUMNS), *rows]) + "\n")


def test_a_fold_tells_how_far_it_is_from_its_files(job):
    assert trials.progress(job, 0) == "waiting"
    begin(job, 0)
    assert trials.progress(job, 0) == "first epoch of 40"
    finish_epochs(job, 0, 0.75, 0.5)
    assert trials.progress(job, 0) == "epoch 2 of 40, validation loss 0.500, 2 s"
    begin(job, 0, times=3)
    assert trials.progress(job, 0).endswith("2 s, begun again 2 x")
    assert trials.progress(job, 1) == "waiting"


def test_a_new_command_counts_its_own_processes_and_keeps_the_epochs(job):
    trials.forget_processes(job)
    begin(job, 0, times=3)
    begin(job, 1)
    finish_epochs(job, 0, 0.75)
    trials.forget_processes(job)
    assert [trials.progress(job, number) for number in (0, 1)] == ["waiting", "waiting"]
    begin(job, 0)
    assert trials.progress(job, 0) == "epoch 1 of 40, validation loss 0.750, 2 s"


def test_recipes_without_their_photos_are_named_with_the_reason():
    tried, reasons = trials.trainable(RECIPES.values(), None, False)
    assert [recipe.name for recipe in tried] == ["demo"]
    assert set(reasons) == set(RECIPES) - {"demo"}
    assert set(reasons.values()) == {"It needs photos: give their folder with --data DIR."}


@pytest.mark.parametrize("layout", ["folders", "table"])
def test_photos_are_not_given_to_recipes_of_another_layout(layout):
    """The folders HAM10000 comes in, such as HAM10000_images_part_1, are no diagnoses."""
    some = (LENTIGO_SECOND, HAM7_CNN, OWN_CNN, DEMO)
    phone = {"lentigo_second": "It learns from phone photos, too: give --phone-photos DIR."}
    own = "It needs a folder for each diagnosis, and the photos are laid out otherwise."
    tried, reasons = trials.trainable(some, "ham10000", False)
    assert (tried, reasons) == ([HAM7_CNN, DEMO], phone | {"own_cnn": own})
    tried, reasons = trials.trainable(some, "ham10000", True)
    assert (tried, reasons) == ([LENTIGO_SECOND, HAM7_CNN, DEMO], {"own_cnn": own})
    tried, reasons = trials.trainable(some, layout, True)
    ham = "It needs HAM10000, and the photos are laid out otherwise."
    assert (tried, reasons) == ([OWN_CNN, DEMO], {"lentigo_second": ham, "ham7_cnn": ham})


REFUSED, BROKEN = Failure("No.", 2), Failure("Oh.", 1)


@pytest.mark.parametrize(
    ("num_jobs", "failures", "all_recipes", "expected"),
    [
        (1, [], False, 0),
        (1, [REFUSED], False, 2),
        (1, [BROKEN], False, 1),
        (3, [REFUSED, REFUSED], True, 0),  # one could be trained
        (2, [REFUSED, REFUSED], True, 2),
        (3, [REFUSED, BROKEN], True, 1),
        (0, [], True, 0),
    ],
)
def test_the_exit_status_tells_a_refusal_from_a_training_that_broke_off(
    num_jobs, failures, all_recipes, expected
):
    assert trials.status(num_jobs, failures, all_recipes) == expected


def test_of_trials_that_wait_for_each_other_only_the_first_failure_is_told():
    refusal = BuildError("It has too few lesions.")
    everything = {"photos": refusal, "fold 0": refusal, "run folder": refusal}
    assert trials.failure(everything) == Failure("It has too few lesions.", 2)
    full = OSError(28, "No space left on device")
    told = trials.failure({"run folder": full, "fold 1": full})
    assert told == Failure(
        "Fold 1: OSError: [Errno 28] No space left on device. "
        "Run the same command to go on after the last finished epoch.",
        1,
    )
    told = trials.failure({"fold 0": full, "fold 2": MemoryError(), "run folder": full})
    assert told.sentence.startswith("Fold 0: OSError: [Errno 28] No space left on device. Fold 2: ")
    assert "MemoryError." in told.sentence
    assert "Run folder" not in told.sentence
    assert trials.failure({"run folder": full}).sentence.startswith("Run folder: OSError")


def test_one_refused_recipe_does_not_keep_the_next_from_its_turn(monkeypatch, tmp_path):
    asked = []

    def refuse_first(recipe, data, out, options):
        asked.append(recipe.name)
        if len(asked) == 1:
            raise BuildError("Not these photos.")

    monkeypatch.setattr(trials, "build", refuse_first)
    jobs = [
        Job(replace(DEMO, name=name), None, tmp_path, BuildOptions(fit_only=True))
        for name in ("first", "second")
    ]
    results = list(trials.one_by_one(jobs))
    assert asked == ["first", "second"]
    assert results == [(jobs[0], Failure("Not these photos.", 2)), (jobs[1], None)]


def test_what_is_said_about_the_photos_goes_with_them(monkeypatch, job, capsys):
    def prepare(*_):
        console.print("Reading the photos ...\nLeft out: 3 x mel (exact copy)")
        return "prepared"

    monkeypatch.setattr(trials, "prepare", prepare)
    assert trials.read_photos(job) == ("prepared", "Left out: 3 x mel (exact copy)")
    assert capsys.readouterr().out == ""


def test_a_fold_is_held_to_its_threads_and_what_it_says_is_kept(monkeypatch, job, tmp_path):
    class Prepared:
        workspace = tmp_path

    threads = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    for name in threads:
        monkeypatch.setenv(name, "7")

    def fit_fold(_, number):
        console.print(f"Fold {number}", *(trials.os.environ[name] for name in threads))

    monkeypatch.setattr(trials, "fit_fold", fit_fold)
    assert trials.train_fold(Prepared, 4, 3) == 4
    assert trials.train_fold(Prepared, 4, 3) == 4
    first, said, again, _ = Path(tmp_path / "processes" / "fold_4.txt").read_text().splitlines()
    assert first == again
    assert first.startswith(f"Begun by process {trials.os.getpid()} on ")
    assert said == "Fold 4 3 3 3"
