"""How a compiled graph is run: at once, or by whoever shares the cores among many."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

Graph = Callable[..., Sequence[Any]]


class Runner(Protocol):
    """Runs a graph on arrays of one length and gives its results, each of that length again."""

    def __call__(
        self, graph: Graph, *arrays: np.ndarray, num_views: int = 1, is_bulky: bool = True
    ) -> list[np.ndarray]:
        """Run it.

        Args:
            graph: takes arrays of (n, ...), gives tensors of (n, ...); any n will do.
            num_views: how often the network looks at each of the n, which is what it costs.
            is_bulky: part of larger work, which may wait for single answers of others.
        """


def run_directly(
    graph: Graph, *arrays: np.ndarray, num_views: int = 1, is_bulky: bool = True
) -> list[np.ndarray]:
    """Here and now, in the thread that asks."""
    return [np.asarray(result) for result in graph(*arrays)]
