"""The metrics that the field puts to heat maps, one module each, on arrays.

Maps are (height, width) float as they are shown: none below zero, 1 at most. An empty map has no
figure: NaN. Where a network must be asked, it comes as a callable on pictures.

Each is held against Quantus 0.6.0 (Hedstroem et al. 2023, https://arxiv.org/abs/2202.06861) on the
same maps in tests/model/heatmaps/test_metrics.py.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """A metric and what a reader needs to know about it.

    `measures` says in words what it is; `lower_is_better` which way is good; `source` is the
    paper; `needs_network` whether it is asked of the network, so that a map made without one has
    no such figure.
    """

    title: str
    measures: str
    lower_is_better: bool
    source: str
    needs_network: bool = False

    @property
    def better(self) -> str:
        """`lower is better` or `higher is better`."""
        return f"{'lower' if self.lower_is_better else 'higher'} is better"


MAP_METRICS = {
    "road": Metric(
        "ROAD",
        "how often the answer survives when the highest places are removed and filled in from "
        "their neighbours",
        lower_is_better=True,
        source="Rong et al. 2022, https://arxiv.org/abs/2202.00449",
    ),
    "infidelity": Metric(
        "Infidelity",
        "how badly the map foretells the change of the logit when squares of the photo are "
        "covered: 0 exactly, 1 not at all",
        lower_is_better=True,
        source="Yeh et al. 2019, https://arxiv.org/abs/1901.09392",
    ),
    "relevance_rank_accuracy": Metric(
        "Relevance Rank Accuracy",
        "share of the lesion among as many of the map's highest places as the lesion has",
        lower_is_better=False,
        source="Arras et al. 2022, https://arxiv.org/abs/2003.07258",
    ),
    "sparseness": Metric(
        "Sparseness",
        "Gini index of the map: 0 where all places are alike, near 1 where one place has "
        "everything; says nothing about whether it is the right place",
        lower_is_better=False,
        source="Chalasani et al. 2020, https://arxiv.org/abs/1810.06583",
    ),
    "max_sensitivity": Metric(
        "Max-Sensitivity",
        "the largest change of the map, as a share of it, under noise that nobody sees",
        lower_is_better=True,
        source="Yeh et al. 2019, https://arxiv.org/abs/1901.09392",
        needs_network=True,
    ),
    "random_logit": Metric(
        "Random Logit",
        "rank correlation of the map with that of another diagnosis, drawn at random: 1 where the "
        "map is the same whatever it is asked about",
        lower_is_better=True,
        source="Sixt et al. 2020, https://arxiv.org/abs/1912.09818",
        needs_network=True,
    ),
}
