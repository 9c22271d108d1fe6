"""About: what a run is made of, what it may be used for, and what Lentigo is."""

import streamlit as st

from pages.shared import cache, calibration, choose, tables, weak
from pages.shared.frame import page_frame

page_frame("About", "Read the card of a run: its data, its limits, its licence.")

run = choose.run("about_run")
card, data = run.card, run.card["data"]
st.header(choose.label(run), anchor=False)
st.markdown(card["summary"])
st.markdown(f"**Use.** {card['use']}")
st.markdown("**Limits.**\n" + "\n".join(f"- {limit}" for limit in card["limits"]))
st.markdown(f"**Data.** {data['name']}. Licence: {data['licence']}.")

st.subheader("Photos", anchor=False)
st.dataframe(tables.counts(run), key="about_counts")
st.caption(
    f"{data['num_photos']:,} photos in {data['num_lesions']:,} groups. Protocol: honest. Copies, "
    "near copies and photos of one lesion, where lesion ids are known, form a group and stay on "
    "one side of the split. "
    + (
        f"{run.num_without_lesion_id:,} photos have no lesion id and count as lesions of their "
        "own, so leaks among them cannot be excluded."
        if run.num_without_lesion_id
        else "Every photo has a lesion id."
    )
    if card["protocol"] == "honest"
    else f"{data['num_photos']} photos. Protocol: {card['protocol']}: the split leaks on purpose."
)
if data.get("left_out"):
    st.markdown("**Left out before the split**")
    st.dataframe(tables.left_out(run), hide_index=True, key="about_left_out")

st.header("Calibration", anchor=False)
rows = run.test_photos
error = cache.calibration_error(run)
calibration.diagram(run, rows, "test photos", error, "about")

weak.show(run)

st.subheader("Identity", anchor=False)
st.dataframe(tables.identity(run), key="about_identity")
with st.expander("Files and their sha256"):
    st.dataframe(tables.files(run), key="about_files")
st.markdown("Train it again:")
st.code(run.command, language="bash")

st.header("Lentigo", anchor=False)
st.markdown(
    "Every figure in this app is recomputed from the predictions that stand beside a run's "
    "weights; thresholds and temperatures are fitted on validation photos and stand in the run. A "
    "run whose files do not match its card is refused. Photos you choose stay in this server's "
    "memory while your session lasts: they are not written to disk, not logged and not sent on. "
    "Pictures on a page are served under addresses that only somebody who has the same picture "
    "could work out.\n\n"
    "Lentigo's code is under the MIT licence. Weights trained on HAM10000 may be used for "
    "non-commercial purposes only (CC BY-NC 4.0, Tschandl et al. 2018)."
)
