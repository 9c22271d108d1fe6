"""What a recipe says: which photos, which network, how it is trained."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from model.run import AS_PUBLISHED

# Settings whose name in card.json is older than the field's; run folders keep their keys.
CARD_KEYS = {"lowest_resolution": "alike"}


@dataclass(frozen=True)
class Published:
    """What a published system reports, to stand beside what its recipe reaches here.

    `accuracy` is the figure to compare, None where none is given; `compared_with` the part of ours
    it is compared with (`test`, or `validation` where the publication measured on the part that
    watched the training); `said` everything it reports.
    """

    accuracy: float | None
    compared_with: str
    said: str


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Lengths in pixels, rates per step.

    `command`, `minutes` and `expected` are for the reader. `layout` names the reader in
    `train.data.readers` (or `rendered`); `network` builds the Keras network from height, width and
    number of diagnoses, and must end in logits, or in one sigmoid for two diagnoses.

    `balance` is `none`; `balanced_softmax` (Ren et al. 2020, https://arxiv.org/abs/2007.10740: the
    training prior is added to the logits inside the loss, so rare diagnoses are not drowned);
    `copies` (`copies_per_diagnosis` augmented copies of every diagnosis); or `levelled` (augmented
    copies until every diagnosis is as frequent as the most frequent). Copies are made once, with
    the strength `augment`, and not changed again while training. `augment` is a key of
    `train.data.augment.STRENGTHS`; `by_verdict` asks for benign or malignant, as many of the one
    as of the other. `monitor` is the history column that picks the epoch and stops the training,
    on the validation part. `schedule` is one of those of `train.fitting.fit.rate`; its cosine is
    laid out for `cosine_epochs` (0: all there are), and begins again after `restart_after` epochs,
    from `restart_rate` and with the changes `restart_augment`, for all that are left. The first
    `small_epochs` epochs see the photos at `small_side` pixels, which costs less. `averaging` is
    the momentum of an average of the weights over the steps; where it is not 0, the average is
    judged and kept.
    `lowest_resolution` takes the smallest file of photos that come in several sizes, because
    sharpness that only some photos have would tell diagnoses apart. `novelty_layers` are the layers
    that the novelty score uses, see `model.prediction.novelty`; none: the heat map layer.
    `views` is how many flips and turns of a photo the answer is averaged over (1 or 8). `folds` is
    the number of folds where the command does not say.

    `published_on_shipped_test`: under the as-published protocol the Test folder is the test part.
    """

    name: str
    title: str
    summary: str
    command: str
    minutes: str
    expected: str
    layout: str
    source: str
    licence: str
    network: Callable
    heatmap_layer: str
    height: int
    width: int
    epochs: int
    patience: int
    batch_size: int
    learning_rate: float
    schedule: str = "constant"
    weight_decay: float = 0.0
    cosine_epochs: int = 0
    restart_after: int = 0
    restart_rate: float = 0.0
    restart_augment: str = ""
    augment: str = "none"
    balance: str = "none"
    copies_per_diagnosis: int = 0
    by_verdict: bool = False
    small_side: int = 0
    small_epochs: int = 0
    averaging: float = 0.0
    views: int = 1
    lowest_resolution: bool = False
    novelty_layers: tuple[str, ...] = ()
    folds: int = 1
    published: Published | None = None
    published_on_shipped_test: bool = False
    monitor: str = "val_loss"
    test_share: float = 0.2
    validation_share: float = 0.15
    seed: int = 20
    quick: bool = False

    def settings(self, protocol, num_folds):
        """The recipe resolved for one run, as plain values for the card."""
        values = {CARD_KEYS.get(key, key): value for key, value in asdict(self).items()}
        values["network"] = self.network.__name__
        values["command"] = self.command_for(protocol, num_folds)
        values["folds"] = num_folds
        told_elsewhere = ("name", "title", "summary", "source", "licence", "seed", "published")
        for key in (*told_elsewhere, "minutes", "expected"):
            del values[key]
        return values

    def command_for(self, protocol, num_folds):
        """The command that trains a run under this protocol and with as many folds."""
        command = self.command
        if protocol == AS_PUBLISHED:
            command += f" --protocol {AS_PUBLISHED}"
        if num_folds != self.folds:
            command += f" --folds {num_folds}"
        return f"{command} --quick" if self.quick else command

    def run_name(self, protocol):
        """The name of the run folder: the honest run carries the recipe's own."""
        return f"{self.name}--{AS_PUBLISHED}" if protocol == AS_PUBLISHED else self.name

    def quickly(self):
        """The same recipe as a trial that ends within two minutes: few photos, two epochs."""
        return replace(
            self,
            quick=True,
            epochs=min(self.epochs, 2),
            small_epochs=min(self.small_epochs, 1),
            restart_after=min(self.restart_after, 1),
            copies_per_diagnosis=min(self.copies_per_diagnosis, 20),
            title=f"{self.title} (quick trial)",
        )
