"""About: what a run is made of, what it may be used for, and what Lentigo is."""

import streamlit as st

from pages.shared import choose, tables
from pages.shared.frame import page_frame

page_frame("About", "Read the card of a run: its data, its limits, its licence.")

run = choose.run("about_run")
card, data = run.card, run.card["data"]
st.header(run.title, anchor=False)
st.markdown(card["summary"])
st.markdown(f"**Use.** {card['use']}")
st.markdown("**Limits.**\n" + "\n".join(f"- {limit}" for limit in card["limits"]))
st.markdown(f"**Data.** {data['name']}. Licence: {data['licence']}.")

st.subheader("Photos", anchor=False)
st.dataframe(tables.counts(run), key="about_counts")
st.caption(
    f"{data['num_photos']} photos of {data['num_lesions']} lesions. Protocol: {card['protocol']}. "
    "Photos of one lesion, copies and near copies are on one side of the split."
    if card["protocol"] == "honest"
    else f"{data['num_photos']} photos. Protocol: {card['protocol']}: the split leaks on purpose."
)
if data.get("left_out"):
    st.markdown("**Left out before the split**")
    st.dataframe(tables.left_out(run), hide_index=True, key="about_left_out")

st.subheader("Identity", anchor=False)
st.dataframe(tables.identity(run), key="about_identity")
with st.expander("Files and their sha256"):
    st.dataframe(tables.files(run), key="about_files")
st.markdown("Train it again:")
st.code(run.command, language="bash")

st.header("Lentigo", anchor=False)
st.markdown(
    "Every figure in this app is recomputed from the predictions that stand beside a run's "
    "weights. A run whose files do not match its card is refused. Photos you choose stay in the "
    "memory of your own session: they are not stored, not logged and not sent anywhere.\n\n"
    "Lentigo's code is under the MIT licence. Weights trained on HAM10000 may be used for "
    "non-commercial purposes only (CC BY-NC 4.0, Tschandl et al. 2018)."
)
