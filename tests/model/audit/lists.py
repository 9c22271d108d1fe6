"""A list of nine photos and the metadata of eight, small enough to count by hand."""

import pandas as pd

from model.audit.own_table import OwnTable

KNOWN = pd.DataFrame(
    {
        "lesion_id": ["L1", "L1", "L2", "L3", "L3", "L4", "L5", "L6"],
        "image_id": list("abcdefgh"),
        "dx": ["mel", "mel", "nv", "nv", "nv", "bcc", "nv", "mel"],
        "dx_type": ["histo", "histo", "follow_up", "histo", "histo", "histo", "consensus", "histo"],
    }
)
# a and b show L1, d and e show L3: b straddles, and so does the copy of d.
LISTED = pd.DataFrame(
    {
        "image": ["x/a.jpg", "c.jpg", "d", "f", "b.png", "d_flipped", "g", "h", "zzz"],
        "split": ["train", "train", "train", "val", "test", "test", "test", "test", "test"],
        "label": ["mel", "nv", "nv", "bcc", "nv", "nv", "nv", "mel", "nv"],
        "p_mel": [1, 0, 0, 0, 0.1, 0.2, 0.6, 0.9, 0.5],
        "p_nv": [0, 1, 1, 0, 0.9, 0.8, 0.4, 0.1, 0.5],
    }
)


def brought(table, name="listed.csv"):
    """A table as a file that somebody brings."""
    return OwnTable(name, table.to_csv(index=False).encode())
