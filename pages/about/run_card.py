"""The card of a run: use, limits, and data."""

import pandas as pd
import streamlit as st

from model.lesions import describe
from model.run import IMPORTED
from pages.shared import choices


def show(run):
    """What the run is, what it may be used for, and the photos it is made of."""
    card, data = run.card, run.card["data"]
    st.header(choices.label(run), anchor=False)
    st.markdown(card["summary"])
    st.markdown(f"**Use.** {card['use']}")
    st.markdown("**Limits.**\n" + "\n".join(f"- {limit}" for limit in card["limits"]))
    st.markdown(f"**Data.** {data['name']}. Licence: {data['licence']}.")

    st.subheader("Photos", anchor=False)
    if run.is_measured:
        st.dataframe(counts(data["counts"]), key="about_counts", height="content")
    st.caption(_protocol(run))
    phone = data.get("phone_photos")
    if phone:
        st.markdown(f"**Phone photos.** {phone['name']}. Licence: {phone['licence']}.")
        st.dataframe(counts(phone["counts"]), key="about_phone_counts", height="content")
        st.caption(
            f"{phone['num_photos']:,} photos of {phone['num_people']:,} people; nobody's photos "
            "are in two parts."
        )
    if data.get("left_out"):
        st.markdown("**Left out before the split**")
        st.dataframe(left_out(run), hide_index=True, key="about_left_out")


def _protocol(run):
    card, data = run.card, run.card["data"]
    if not run.is_measured:
        return "None of its photos is known."
    if card["protocol"] == IMPORTED:
        training = (
            "Its table names its training photos, but copies were not looked for."
            if run.has_training_photos
            else "Nobody recorded which photos it was trained on, so it may have seen some of them."
        )
        lesions = f"{data['num_photos']:,} photos of {data['num_lesions']:,} lesions"
        return f"{lesions}. Imported. {training}"
    if card["protocol"] != "honest":
        return (
            f"{data['num_photos']:,} photos. Protocol: {card['protocol']}, a split that leaks on "
            "purpose."
        )
    return (
        f"{data['num_photos']:,} photos in {data['num_lesions']:,} groups. Protocol: honest. "
        "Copies, near copies and photos with the same lesion id form a group. A group is never "
        "divided by the split. "
        + (
            f"{run.num_without_lesion_id:,} photos have no lesion id. Each counts as a lesion of "
            "its own, so leaks among them cannot be ruled out."
            if run.num_without_lesion_id
            else "Every photo has a lesion id."
        )
    )


def counts(by_diagnosis):
    """Photos by diagnosis and split, with sums.

    Args:
        by_diagnosis: of a card: number by split, by code.
    """
    table = pd.DataFrame.from_dict(by_diagnosis, orient="index")
    table.index = [f"{describe(code).name} ({code})" for code in table.index]
    table["all"] = table.sum(axis=1)
    table.loc["All"] = table.sum()
    return table.rename_axis("Diagnosis")


def left_out(run):
    """What cleaning removed before the split, with the reason."""
    rows = [
        {
            "Reason": row["reason"],
            "Diagnosis": describe(row["diagnosis"]).name,
            "Photos": row["num_photos"],
        }
        for row in run.card["data"]["left_out"]
    ]
    return pd.DataFrame(rows)
