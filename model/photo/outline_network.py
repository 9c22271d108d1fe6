"""The network that finds a lesion's outline, run in NumPy: it is so small that a page need not wait
for TensorFlow.

`train.networks.outline_network` builds and trains it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

FLIPS = (
    (slice(None), slice(None)),
    (slice(None), slice(None, None, -1)),
    (slice(None, None, -1), slice(None)),
    (slice(None, None, -1), slice(None, None, -1)),
)


def lesion_shares(photo: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """How sure the network is of each place of a photo and of its three flips, flipped back.

    Args:
        photo: (side, side, 3) uint8 RGB, squashed to the side that the network was trained on.
        arrays: weights as `train.networks.outline_network.arrays` gives them.
    Returns:
        (4, side / 2, side / 2) float32 in [0, 1]; 1 is lesion.
    """
    views = np.stack([photo[flip] for flip in FLIPS])
    logits = _logits(views.astype(np.float32) / 127.5 - 1, arrays)
    shares = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return np.stack([share[flip] for share, flip in zip(shares, FLIPS, strict=True)])


def _logits(x, arrays):
    """(photos, side, side, 3) in [-1, 1] -> (photos, side / 2, side / 2)."""

    def conv(x, name, stride=1):
        kernel, bias = (arrays[f"{name}_{part}"].astype(np.float32) for part in ("kernel", "bias"))
        return _convolved(x, kernel, stride) + bias

    num_levels = sum(name.endswith("b_kernel") for name in arrays)
    x = _relu(conv(x, "first", 2))
    sides = []
    for level in range(num_levels):
        if level:
            sides.append(x)
            x = _relu(conv(_halved(x), f"down{level}a"))
        x = _relu(conv(x, f"down{level}b"))
    for level in reversed(range(num_levels - 1)):
        wider = x.repeat(2, axis=1).repeat(2, axis=2)
        x = _relu(conv(np.concatenate([wider, sides[level]], axis=3), f"up{level}"))
    return conv(x, "logits")[..., 0]


def _relu(x):
    return np.maximum(x, 0)


def _halved(x):
    """The largest of each two by two."""
    number, height, width, channels = x.shape
    return x.reshape(number, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def _convolved(x, kernel, stride):
    """(n, height, width, in) -> (n, height / stride, width / stride, out), padded as Keras's
    "same" does: with an odd number of rows, the larger half comes below."""
    size = kernel.shape[0]
    before = (size - stride) // 2
    pad = (before, size - stride - before)
    padded = np.pad(x, ((0, 0), pad, pad, (0, 0)))
    height, width = (side // stride for side in x.shape[1:3])
    shifts = [
        padded[:, row : row + stride * height : stride, column : column + stride * width : stride]
        for row in range(size)
        for column in range(size)
    ]
    # One product of two matrices: NumPy would multiply row by row of the photo.
    rows = np.concatenate(shifts, axis=3).reshape(-1, size * size * x.shape[3])
    return (rows @ kernel.reshape(-1, kernel.shape[3])).reshape(len(x), height, width, -1)
