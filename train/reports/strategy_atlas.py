"""Where a network looks, photo by photo, in groups: an atlas of its strategies.

Spectral relevance analysis, Lapuschkin et al. 2019, https://doi.org/10.1038/s41467-019-08987-4:
heat maps are made coarse, joined to their nearest neighbours, clustered by the spectrum of that
graph (von Luxburg 2007, https://doi.org/10.1007/s11222-007-9033-z), and laid out by t-SNE.
Diagnoses take no part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from PIL import Image
from scipy.linalg import eigh
from scipy.sparse.csgraph import connected_components, laplacian
from sklearn.cluster import SpectralClustering
from sklearn.manifold import TSNE
from sklearn.neighbors import kneighbors_graph

from model.heatmaps.heatmap import EMPTY_BELOW
from model.photo.decode import decode, resize
from model.photo.quality import LUMINANCE, NEAR_MIDDLE, from_the_middle
from model.run import RunError
from model.run.tables import ATLAS_CELL
from train.reports.kept_rows import Rows

if TYPE_CHECKING:
    from model.prediction.classifier import Classifier

SIDE = 8  # places of a map along a side, at most; the flagship's layer has 6
NUM_NEIGHBOURS = 10  # of a photo in the graph; more where the graph would fall apart
MAX_CLUSTERS = 6  # that a reader can tell apart by colour and sign
NEARLY_BLACK = 0.12  # of the luminance of white
FEWEST = 30  # photos with a map, below which no groups are looked for
SEED = 20


class AtlasError(RunError):
    """The photos of a run cannot be grouped; the message says why."""


def measure(
    classifier: Classifier,
    photos: pd.DataFrame,
    num_photos: int | None = None,
    track: Callable[[Sequence, str], Iterable] = lambda rows, title: rows,
    kept: MutableMapping[str, Rows] | None = None,
) -> pd.DataFrame:
    """Group the test photos of a run by the heat map of the answer.

    Args:
        classifier: `model.prediction.classifier.Classifier`.
        photos: `path` of the files the network looks at, by image_id.
        num_photos: so many test photos, drawn by a seed; None: all.
        track: wraps the photos, for a progress bar.
        kept: rows of photos that were measured already; those of the others are put there.
    Returns:
        DataFrame as `model.run.Run.atlas` gives it.
    Raises:
        AtlasError: too few photos have a map.
    """
    run = classifier.run
    rows = run.test_photos
    rows = rows[rows["image_id"].isin(photos.index)]
    if num_photos is not None and num_photos < len(rows):
        rows = rows.sample(num_photos, random_state=SEED)
    rows = rows.sort_values("image_id")
    answers = np.array(run.diagnoses)[rows[run.probability_columns].to_numpy().argmax(axis=1)]
    kept = {} if kept is None else kept
    files = photos["path"].to_dict()
    ids = rows["image_id"].tolist()
    for image_id, answer in track(list(zip(ids, answers, strict=True)), run.name):
        if image_id not in kept:
            photo = decode(Path(files[image_id]).read_bytes())
            coarse = coarse_map(classifier.examine(photo)[1][answer])
            kept[image_id] = [
                {"dark_corners": dark_corners(photo, classifier), "map": coarse.ravel().tolist()}
            ]
    measured = [kept[image_id][0] for image_id in ids]
    maps = np.array([row["map"] for row in measured])  # (photos, places)
    table = rows[["image_id", "lesion_id"]].reset_index(drop=True)
    table["dark_corners"] = [row["dark_corners"] for row in measured]
    return pd.concat([table, grouped(maps)], axis=1)


def grouped(maps: np.ndarray) -> pd.DataFrame:
    """Group maps and lay them out.

    Args:
        maps: (photos, places) float, each of sum 1; all zeros where nothing raised the answer.
    Returns:
        DataFrame with `cluster` (the largest is 1; 0: no map), `x`, `y`, `distance` and
        `cell_<n>`.
    Raises:
        AtlasError: fewer than `FEWEST` photos have a map.
    """
    has_map = maps.sum(axis=1) > 0
    if has_map.sum() < FEWEST:
        raise AtlasError(
            f"{has_map.sum()} of {len(maps)} photos have a heat map; {FEWEST} are needed to look "
            "for groups."
        )
    own = maps[has_map]
    clusters = np.zeros(len(maps), int)
    clusters[has_map] = by_size(spectral_clusters(own))
    places = np.full((len(maps), 2), np.nan)
    places[has_map] = TSNE(
        init="pca", perplexity=min(30, len(own) / 4), random_state=SEED
    ).fit_transform(own.astype(np.float32))
    distance = np.full(len(maps), np.nan)
    for number in range(1, clusters.max() + 1):
        members = clusters == number
        distance[members] = np.linalg.norm(maps[members] - maps[members].mean(axis=0), axis=1)
    table = pd.DataFrame(
        {"cluster": clusters, "x": places[:, 0], "y": places[:, 1], "distance": distance}
    )
    cells = pd.DataFrame(np.rint(1000 * maps).astype(int)).add_prefix(ATLAS_CELL)
    return pd.concat([table, cells], axis=1)


def spectral_clusters(maps: np.ndarray) -> np.ndarray:
    """Clusters of maps, as many as the largest gap between the graph's eigenvalues asks for.

    Args:
        maps: (photos, places) float.
    Returns:
        (photos,) int from 0.
    """
    graph = neighbour_graph(maps)
    number = num_clusters(eigenvalues(graph))
    return SpectralClustering(
        number, affinity="precomputed", assign_labels="cluster_qr", random_state=SEED
    ).fit_predict(graph)


def neighbour_graph(maps: np.ndarray) -> np.ndarray:
    """How much two maps belong together: 1 where each is a nearest neighbour of the other, a half
    where one is, else 0.

    Of the numbers of neighbours that are tried, each twice the last, the first that joins all maps
    counts.

    Args:
        maps: (photos, places) float.
    Returns:
        (photos, photos) float.
    """
    number = min(NUM_NEIGHBOURS, len(maps) - 1)
    while True:
        graph = kneighbors_graph(maps, number, include_self=False)
        graph = 0.5 * (graph + graph.T)
        if connected_components(graph, directed=False)[0] == 1:
            return graph.toarray()
        number = min(2 * number, len(maps) - 1)


def eigenvalues(graph: np.ndarray) -> np.ndarray:
    """The smallest eigenvalues of the graph's normalised Laplacian: (MAX_CLUSTERS + 1,) rising."""
    return eigh(laplacian(graph, normed=True), eigvals_only=True, subset_by_index=[0, MAX_CLUSTERS])


def num_clusters(values: np.ndarray) -> int:
    """How many clusters there are: from 2 to `MAX_CLUSTERS`, by the largest gap (eigengap).

    Args:
        values: of `eigenvalues`.
    """
    gaps = np.diff(values)  # the first: of one cluster
    return 2 + int(gaps[1:].argmax())


def by_size(clusters: np.ndarray) -> np.ndarray:
    """Clusters numbered from 1, the largest first, of equals the one seen first."""
    numbers, first, counts = np.unique(clusters, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = {int(numbers[place]): number for number, place in enumerate(order, 1)}
    return np.array([rank[int(cluster)] for cluster in clusters])


def coarse_map(raw: np.ndarray) -> np.ndarray:
    """Where a map lies, however strong it is.

    Args:
        raw: (rows, columns) float; what is below zero is cut off.
    Returns:
        (side, side) float of sum 1, side at most `SIDE`; all zeros for an empty map.
    """
    side = min(SIDE, *raw.shape)
    if not np.isfinite(raw).all() or raw.max() < EMPTY_BELOW:
        return np.zeros((side, side))
    positive = Image.fromarray(np.maximum(raw, 0).astype(np.float32))
    coarse = np.asarray(positive.resize((side, side), Image.Resampling.BOX), float)
    return coarse / coarse.sum()


def dark_corners(photo: np.ndarray, classifier: Classifier) -> float:
    """Share of the photo's corners that is black, as the network sees it: 0 to 1.

    A dermatoscope that is round leaves them so. Corners are what lies beyond `NEAR_MIDDLE`.
    """
    network = classifier.network
    luminance = resize(photo, network.height, network.width) @ np.array(LUMINANCE) / 255
    corners = from_the_middle(*luminance.shape) >= NEAR_MIDDLE
    return float((luminance[corners] < NEARLY_BLACK).mean())
