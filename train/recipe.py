"""What a recipe says: which photos, which network, how it is trained."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Lengths in pixels, rates per step.

    `command`, `minutes` and `expected` are for the reader. `layout` names the reader in
    `train.datasets` (or `rendered`); `network` builds the Keras network from height, width and
    number of diagnoses, and must end in logits.

    `balance` is `none`, `balanced_softmax` (Ren et al. 2020, https://arxiv.org/abs/2007.10740: the
    training prior is added to the logits inside the loss, so rare diagnoses are not drowned) or
    `copies` (`copies_per_diagnosis` augmented copies are added to the training part, after the
    split). `augment` is a key of `train.augment.STRENGTHS`; `monitor` is the history column that
    picks the epoch and stops the training, on the validation part.
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
    augment: str = "none"
    balance: str = "none"
    copies_per_diagnosis: int = 0
    monitor: str = "val_loss"
    test_share: float = 0.2
    validation_share: float = 0.15
    seed: int = 20
    quick: bool = False

    def settings(self):
        """The recipe resolved, as plain values for the card."""
        values = asdict(self)
        values["network"] = self.network.__name__
        for key in ("name", "title", "summary", "minutes", "expected", "source", "licence", "seed"):
            del values[key]
        return values

    def quickly(self):
        """The same recipe as a trial that ends within two minutes: few photos, two epochs."""
        return replace(
            self,
            quick=True,
            epochs=min(self.epochs, 2),
            copies_per_diagnosis=min(self.copies_per_diagnosis, 20),
            title=f"{self.title} (quick trial)",
        )
