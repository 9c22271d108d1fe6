"""A run whose atlas can be counted by hand."""

import numpy as np
import pandas as pd

from model import run
from model.run.writer import add_table
from tests import toys

# Cluster, diagnosis, photos, and how many of them are answered wrongly.
GROUPS = (
    (1, "mel", 30, 3),
    (1, "nv", 50, 5),
    (2, "mel", 30, 3),
    (2, "nv", 20, 12),
    (3, "nv", 25, 3),
    (0, "nv", 5, 5),
)
ELSEWHERE = {"mel": "nv", "nv": "mel"}  # the wrong answer
PLACE = {1: 0, 2: 3, 3: 1}  # of the heat in a map of 2 x 2


def predictions(groups=GROUPS):
    """Test photos, each of a lesion of its own, with validation and training photos."""
    rows = []
    for _, diagnosis, number, num_wrong in groups:
        for index in range(number):
            answer = ELSEWHERE[diagnosis] if index < num_wrong else diagnosis
            rows.append({"diagnosis": diagnosis, **{f"p_{code}": 0.0 for code in toys.CODES}})
            rows[-1][f"p_{answer}"] = 1.0
    table = pd.DataFrame(rows)
    names = [f"photo_{index}" for index in range(len(table))]
    table = table.assign(split="test", fold=0, image_id=names, lesion_id=names)
    others = toys.predictions()
    return pd.concat([others[others["split"] != "test"], table], ignore_index=True)


def table(groups=GROUPS):
    """Their atlas, in the order of the predictions."""
    clusters = np.repeat([group[0] for group in groups], [group[2] for group in groups])
    maps = np.zeros((len(clusters), 4), int)
    for cluster, place in PLACE.items():
        maps[clusters == cluster, place] = 1000
    has_map = clusters > 0
    place = np.where(has_map, np.arange(len(clusters)), np.nan)
    names = [f"photo_{index}" for index in range(len(clusters))]
    return pd.DataFrame(
        {
            "image_id": names,
            "lesion_id": names,
            "cluster": clusters,
            "x": place,
            "y": place,
            "distance": place,
            "dark_corners": np.where(clusters == 3, 0.9, 0.1),
            **{f"cell_{cell}": maps[:, cell] for cell in range(4)},
        }
    )


def localisation(groups=GROUPS):
    """Heat on the lesion: half of it, but in group 1 as much as of a random map."""
    of = table(groups)
    in_first = of["cluster"] == 1
    spread = np.linspace(-0.02, 0.02, len(of))
    return pd.DataFrame(
        {
            "image_id": of["image_id"],
            "lesion_id": of["lesion_id"],
            "version": "whole",
            "area": 0.2,
            "centred": 1,
            "centre_energy": 0.5,
            "centre_iou": 0.5,
            "grad_cam_empty": 0,
            "grad_cam_hit": 1,
            "grad_cam_energy": np.where(in_first, 0.2, 0.5) + spread,
            "grad_cam_iou": 0.5,
        }
    )


def write(folder, name="toy", groups=GROUPS):
    """The run, with its atlas."""
    of = toys.write(folder, name, rows=predictions(groups))
    of = add_table(of, run.LOCALISATION, localisation(groups))
    return add_table(of, run.ATLAS, table(groups))
