"""Check-list of a run, and how to bring one's own."""

from __future__ import annotations

import os

import streamlit as st

from model.evaluation import tables
from model.evaluation.checklist import checklist
from model.run import Run


def show(run: Run) -> None:
    """What the app can show of a run, and how to add what it can't; of an imported run also what
    was found out about it."""
    st.header("Check-list", anchor=False)
    checks = checklist(run)
    num_there = sum(check.is_there for check in checks)
    st.markdown(
        f"This model has **{num_there} of the {len(checks)}** things that the app can show."
    )
    st.markdown("\n\n".join(map(_line, checks)))
    if "imported" in run.card:
        imported = run.card["imported"]
        st.header("What the import found", anchor=False)
        st.markdown("\n\n".join(imported["findings"]) or "Predictions came alone: nothing to try.")
        if imported["trials"]:
            st.dataframe(
                tables.trials(imported["trials"]),
                hide_index=True,
                key="about_import_trials",
                height="content",
            )
            st.caption(
                "Ways to feed the network, on validation photos. The first row has the pixels that "
                "were chosen, with the labels in their first order; in the others, labels are in "
                "the order that suits them best. Log loss is the mean negative logarithm of the "
                "true diagnosis's probability: lower is better."
            )


def _line(check):
    mark = ":material/check_circle: Available." if check.is_there else ":material/close: Missing."
    command = f" `{check.command}`" if check.command else ""
    return f"{mark} **{check.name}**: {check.text}{command}"


def bring_your_own() -> None:
    """The commands that make a run of one's own network or predictions."""
    st.header("Bring your own model", anchor=False)
    st.markdown(
        "A Keras network (`.keras` or `.h5`) becomes a model of this app with one command. It "
        "tries out what pixels the network takes and in which order its outputs stand for the "
        "diagnoses, measures it on your photos, and ends with a check-list. Code from files is "
        "never run: a network with a Lambda layer or a class of your own is refused."
    )
    data = '"$LENTIGO_DATA"' if os.environ.get("LENTIGO_DATA") else "PHOTOS"
    out = '"$LENTIGO_RUNS"' if os.environ.get("LENTIGO_RUNS") else "my_runs"
    st.code(f"python -m train import MODEL.keras --data {data} --out {out}", language=None)
    st.markdown(
        "The photos may be HAM10000, the official ISIC 2018 files, one folder per diagnosis, or a "
        "table with the columns `file` and `diagnosis` and, if you have them, `lesion_id`, "
        "`person_id` and `split`. Say with `--split` which photos the network was trained on, so "
        "that none of them is measured on.\n\n"
        "Predictions of a network of any kind can come in alone. The table holds `image_id`, "
        "`diagnosis` and a probability `p_<diagnosis>` of each diagnosis:"
    )
    st.code(f"python -m train import --predictions FILE.csv --out {out}", language=None)
    if not os.environ.get("LENTIGO_RUNS"):
        st.markdown("Then start the app with the folder of your models:")
        st.code("LENTIGO_RUNS=my_runs make app", language=None)
    else:
        st.markdown("Then reload this page: this server looks for models there.")
