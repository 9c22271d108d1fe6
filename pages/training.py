"""Training: how one run learned, and what it reached on photos it had not seen."""

import streamlit as st

from model.intervals import NUM_RESAMPLES
from model.metrics import majority_share
from pages.shared import cache, charts, choose, tables
from pages.shared.frame import page_frame

page_frame("Training", "Follow how a run learned and see what it reached, diagnosis by diagnosis.")

run = choose.run("training_run")
st.markdown(run.card["summary"])
if run.as_published:
    st.warning("As published: this run's split leaks, on purpose, to show what that does.")

folds = run.folds
fold = folds[0]
if len(folds) > 1:
    fold = st.segmented_control("Fold", folds, default=folds[0], required=True, key="training_fold")
history = run.history[run.history["fold"] == fold]
kept = run.kept_epoch(fold)
validation = run.predictions[
    (run.predictions["split"] == "validation") & (run.predictions["fold"] == fold)
]

st.header("Learning curves", anchor=False)
left, right = st.columns(2)
with left:
    figure = charts.curves({run.title: history}, "loss", "Loss", {run.title: kept})
    charts.show(figure, "training_loss", "Loss by epoch")
with right:
    share = majority_share(validation) if len(validation) else None
    figure = charts.curves(
        {run.title: history},
        "accuracy",
        "Accuracy",
        {run.title: kept},
        share and (share, f"always the most frequent ({share:.2f})"),
    )
    charts.show(figure, "training_accuracy", "Accuracy by epoch")
st.caption(
    f"Dotted: training photos, with augmentation; solid: {len(validation)} validation photos. The "
    f"star is epoch {kept}, whose weights were kept because the validation photos preferred them. "
    "A gap that widens means learning by heart. The dashed line is what always naming the most "
    "frequent diagnosis would score."
)

st.header("Results", anchor=False)
splits = [name for name in ("test", "validation", "train") if name in set(run.predictions["split"])]
split = st.segmented_control(
    "Photos of", splits, default=splits[0], required=True, key="training_split"
)
found = cache.evaluation(run, split, fold)
if split != "test":
    st.info(f"The {split} photos took part in the training or chose its end: only test counts.")
st.dataframe(tables.summary({run.title: found}), key="training_summary")
st.caption(
    f"{found.num_photos:,} {split} photos of {found.num_lesions:,} lesions; in brackets the 95 % "
    f"interval, from resampling lesions {NUM_RESAMPLES:,} times."
)

st.subheader("Confusion matrix", anchor=False)
by_row = st.toggle("Shares of the true diagnosis", key="training_by_row")
figure = charts.confusion(found.confusion, by_row)
charts.show(figure, "training_confusion", "Confusion matrix")
st.caption(
    "Rows are the truth, columns the answer; the diagonal is right. Colour is the share of the "
    f"row. {found.num_photos} {split} photos."
)

st.subheader("By diagnosis", anchor=False)
st.dataframe(tables.per_diagnosis(found), key="training_per_diagnosis")
st.caption(
    "Each diagnosis against all others, with 95 % intervals by lesion. Recall is also called "
    "sensitivity: the share of the photos with this diagnosis that were found."
)

st.header("Settings", anchor=False)
st.dataframe(tables.settings(run), key="training_settings")
st.code(run.command, language="bash")
