"""Features of photos, kept in files as they come, so that a measurement can go on after a stop.

Rows of JSON, as `train.reports.kept_rows` keeps, would take a hundred megabytes for them.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from model.photo.decode import decode
from model.prediction.classifier import feature_network
from model.run import NETWORK

if TYPE_CHECKING:
    import pandas as pd

    from model.prediction.classifier import Classifier

NUM_AT_ONCE = 64  # photos; what a stop can lose


class KeptFeatures:
    """A folder beside that of the run, with a file for each `NUM_AT_ONCE` photos.

    What stands there counts only for the same network and the same photos in the same order.
    """

    def __init__(self, classifier: Classifier, photos: pd.DataFrame) -> None:
        """Take up what an earlier measurement of the same photos left.

        Args:
            classifier: its run gets the features.
            photos: with `image_id` and `path`, of which the bytes can be read.
        """
        run = classifier.run
        self.folder = run.path.parent / f".{run.path.name}.features"
        self._classifier, self._photos = classifier, photos
        ids = hashlib.sha256("\n".join(photos["image_id"]).encode()).hexdigest()
        about = json.dumps({"network": run.card["files"].get(NETWORK), "photos": ids})
        settings = self.folder / "of.json"
        if not settings.exists() or settings.read_text("utf-8") != about:
            self.remove()
            self.folder.mkdir()
            settings.write_text(about, "utf-8")

    def read(
        self,
        track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    ) -> np.ndarray:
        """The features of every photo, those that are not there yet from the network.

        Args:
            track: wraps the groups of photos, for a progress bar.
        Returns:
            (photos, features) float32.
        """
        network = feature_network(self._classifier)
        paths, parts = self._photos["path"].tolist(), []
        for start in track(list(range(0, len(paths), NUM_AT_ONCE)), "Looking at the photos"):
            file = self.folder / f"{start}.npy"
            if not file.exists():
                photos = [
                    self._classifier.prepare(decode(path.read_bytes()))
                    for path in paths[start : start + NUM_AT_ONCE]
                ]
                unfinished = file.with_suffix(".part")
                with open(unfinished, "wb") as opened:
                    np.save(opened, network(np.stack(photos)).features)
                unfinished.rename(file)
            parts.append(np.load(file))
        return np.concatenate(parts)

    def remove(self) -> None:
        """Remove the folder: the measurement is done and stands in the run folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
