"""Settings: the resolved recipe, and what it takes to get the same run again."""

import pandas as pd
import streamlit as st

from pages.shared import tables

NAMES = 220  # pixels, for the longest setting


def show(run):
    """The resolved recipe, the command that trains it, and every file with its hash."""
    st.dataframe(
        tables.settings(run),
        key="training_settings",
        height="content",
        column_config={"Setting": st.column_config.Column(width=NAMES)},
    )
    st.markdown("Import it again:" if "imported" in run.card else "Train it again:")
    st.code(run.command, language=None)
    st.header("Files", anchor=False)
    st.dataframe(identity(run), key="training_identity", height="content")
    st.dataframe(hashes(run), key="training_files", height="content")


def identity(run):
    """Seed, versions, revision and fingerprint, one row each."""
    rows = {
        "name": run.name,
        "recipe": run.card["recipe"],
        "seed": str(run.card["seed"]),
        "code revision": run.card["revision"],
        "data fingerprint": run.card["data"]["fingerprint"],
        **{name: str(version) for name, version in run.card["versions"].items()},
    }
    return pd.DataFrame({"Value": rows}).rename_axis("What")


def hashes(run):
    """Every file of the run with its hash."""
    return pd.DataFrame({"sha256": run.card["files"]}).rename_axis("File")
