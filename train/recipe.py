"""The recipe of a run: its photos, its network and how it is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, TypedDict

from model.run import AS_PUBLISHED

if TYPE_CHECKING:
    import keras

# card.json is older than these names: run folders keep its keys and its values.
CARD_KEYS = {"lowest_resolution": "alike", "reported": "said"}
CARD_BALANCE = {"oversample_to_majority": "levelled", "oversample_fixed": "copies"}


class DataSet(TypedDict):
    """What recipes on the same photos share: the layout of the folder, its source and licence."""

    layout: str
    source: str
    licence: str


@dataclass(frozen=True)
class Published:
    """The figures of a published system, for comparison with the run of its recipe.

    `accuracy` is the figure to compare, or None where the publication gives none. `compared_with`
    is the part of our photos it is compared with: `test`, or `validation` where the publication
    measured on the photos that chose the epoch. `reported` holds everything it reports, and
    `training_accuracy` how far its training got, where it says so.
    """

    accuracy: float | None
    compared_with: str
    reported: str
    training_accuracy: float | None = None

    def for_card(self) -> dict[str, float | str | None]:
        """The figures under the keys of card.json, which is older than `training_accuracy`."""
        values = {CARD_KEYS.get(key, key): value for key, value in asdict(self).items()}
        del values["training_accuracy"]
        return values


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Lengths are in pixels, learning rates per step.

    Texts for the reader: `title`, `summary`, `command`, `minutes`, `expected`, `source`, `licence`
    and `published`.

    Photos: `layout` is a key of `train.data.readers.READERS`, or `rendered`. `lowest_resolution`
    takes the smallest file of each photo where there are several, because sharpness that only
    some photos have would reveal diagnoses. `by_verdict` asks for the classes benign and
    malignant, with equally many photos. `folds` is the number of folds where the command gives
    none. With `published_on_shipped_test`, the as-published protocol tests on the Test folder of
    the data set.

    Network: `network` builds it from height, width and number of diagnoses. It must end in
    logits, or in one sigmoid for two diagnoses. `views` is the number of flips and turns of a
    photo that a prediction is averaged over (1 or 8). `novelty_layers` are the layers that the
    novelty score uses, see `model.prediction.novelty`; none: the heat map layer.

    Phone photos, where `phone_photos_per_epoch` is not 0, train the same network with a prior of
    their own in the loss. One of `phone_parts` equal parts of the people tests, one validates.

    Class balance and augmentation: with `photos_per_epoch`, an epoch draws so many photos, each
    diagnosis in proportion to its number of photos to the power of `sampling_power` (1: as
    frequent as it is, 0: all equally frequent). `balance` is a key of `train.data.balance.KINDS`,
    with `copies_per_diagnosis` for `oversample_fixed`. Copies are made once, with the changes
    `augment`, and are not changed again during training. `augment` is a key of
    `train.data.augment.STRENGTHS`.

    Training: `monitor` is the history column, measured on validation photos, that chooses the
    epoch and stops the training after `patience` epochs without improvement; `epoch` takes the
    last epoch. `schedule` is one described in `train.fitting.fit.rate`. Its cosine spans
    `cosine_epochs` (0: all epochs); after `restart_after` epochs it restarts at `restart_rate`,
    with the changes `restart_augment`, for the remaining epochs. The first `small_epochs` epochs
    use photos of `small_side` pixels, which takes less time. `averaging` is the momentum of a
    moving average of the weights over the steps; unless it is 0, the averaged weights are
    validated and kept.

    With `teachers`, so many networks are trained by this recipe first, each with the next seed. The
    network then learns their mean answers on photos that are blended two by two.

    `seed` draws the weights, the order of the photos and their changes; `split_seed` deals the
    photos into parts, so a training with another seed is tested on the same photos.
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
    network: Callable[[int | None, int | None, int], keras.Model]
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
    photos_per_epoch: int = 0
    sampling_power: float = 1.0
    phone_photos_per_epoch: int = 0
    phone_parts: int = 6
    teachers: int = 0
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
    split_seed: int = 20
    quick: bool = False

    def is_restarted(self, epoch: float) -> bool:
        """Whether the cosine has begun again by this point of the training."""
        return 0 < self.restart_after <= epoch

    def settings(self, protocol: str, num_folds: int) -> dict[str, Any]:
        """The recipe resolved for one run, under the keys and with the values of card.json."""
        values = {CARD_KEYS.get(key, key): value for key, value in asdict(self).items()}
        values["balance"] = CARD_BALANCE.get(self.balance, self.balance)
        values["network"] = self.network.__name__
        values["command"] = self.command_for(protocol, num_folds)
        values["folds"] = num_folds
        card_fields = ("name", "title", "summary", "source", "licence", "published")
        for key in (*card_fields, "seed", "split_seed", "minutes", "expected"):
            del values[key]
        return values

    def command_for(self, protocol: str, num_folds: int) -> str:
        """The command that trains a run under this protocol and with this number of folds."""
        command = self.command
        if protocol == AS_PUBLISHED:
            command += f" --protocol {AS_PUBLISHED}"
        if num_folds != self.folds:
            command += f" --folds {num_folds}"
        return f"{command} --quick" if self.quick else command

    def run_name(self, protocol: str) -> str:
        """The name of the run folder: for the honest protocol, the recipe's own name."""
        return f"{self.name}--{AS_PUBLISHED}" if protocol == AS_PUBLISHED else self.name

    def quickly(self) -> Recipe:
        """The same recipe as a trial of at most two minutes: few photos, two epochs."""
        return replace(
            self,
            quick=True,
            epochs=min(self.epochs, 2),
            small_epochs=min(self.small_epochs, 1),
            photos_per_epoch=min(self.photos_per_epoch, 200),
            phone_photos_per_epoch=min(self.phone_photos_per_epoch, 40),
            restart_after=min(self.restart_after, 1),
            copies_per_diagnosis=min(self.copies_per_diagnosis, 20),
            title=f"{self.title} (quick trial)",
        )
