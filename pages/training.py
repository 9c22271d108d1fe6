"""Training: how one run learned, and what it reached on photos it had not seen."""

import streamlit as st

from model.intervals import NUM_RESAMPLES
from model.metrics import majority_share
from pages.shared import (
    address,
    behind,
    cache,
    calibration,
    charts,
    choose,
    curves,
    tables,
    thresholds,
)
from pages.shared.frame import page_frame

page_frame("Training", "Follow how a run learned and see what it reached, diagnosis by diagnosis.")

run = choose.run("training_run")
st.markdown(run.card["summary"])

st.header("Learning curves", anchor=False)
chosen = [
    curves.series(choose.curve_label(one, fold), one, fold)
    for one, fold in choose.curves("training_curves", run)
]
fold = run.folds[0]
own = run.predictions[run.predictions["fold"] == fold]
validation = own[own["split"] == "validation"]
share = majority_share(validation) if len(validation) else None
left, right = st.columns(2)
numbers = tables.histories(chosen)
with left:
    charts.show(
        curves.curves(chosen, "loss", "Loss"),
        "training_loss",
        "Loss by epoch",
        "How wrong the network is, on training photos as they were shown (dotted) and on "
        "validation photos (solid). Lower is better; solid lines that rise mean learning by heart.",
        numbers,
    )
with right:
    figure = curves.curves(
        chosen,
        "accuracy",
        "Accuracy",
        share and (share, f"always the most frequent ({share:.2f})"),
    )
    charts.show(
        figure,
        "training_accuracy",
        "Accuracy by epoch",
        "Share of right answers on training photos as they were shown (dotted) and on validation "
        "photos (solid). The dashed grey line is what always naming the run's most frequent "
        "diagnosis would score.",
        numbers,
    )
st.caption(
    f"{len(validation):,} validation photos in the first split of the run above. The star is the "
    "epoch whose weights were kept, because the validation photos preferred it; a thin line runs "
    f"from it to the end where nothing better stopped the training. {tables.stopping(run)} Point "
    "at a curve to read its settings."
)
charts.show(
    curves.gap(chosen),
    "training_gap",
    "Generalisation gap by epoch",
    "The generalisation gap: how much better the network does on photos it trains on than on "
    "validation photos. A gap that widens means learning by heart. Augmented training photos are "
    "harder, so a gap can start below zero.",
)
st.dataframe(tables.trainings(chosen), hide_index=True, key="training_epochs")

st.header("Results", anchor=False)
if len(run.folds) > 1:
    by_name = {str(number + 1): number for number in run.folds}
    fold = by_name[choose.one_of("Fold", list(by_name), "fold", f"training_fold_{run.name}")]
    own = run.predictions[run.predictions["fold"] == fold]
else:
    address.put("fold", None)
splits = [name for name in ("test", "validation", "train") if name in set(own["split"])]
split = choose.one_of("Photos of", splits, "split", f"training_split_{run.name}")
found = cache.evaluation(run, split, fold)
if split != "test":
    st.info(f"The {split} photos took part in the training or chose its end: only test counts.")
st.dataframe(tables.summary({choose.label(run): found}), key="training_summary")
num_copies = int((own["copy_of"][own["split"] == split] != "").sum())
augmented = f", {num_copies:,} of them augmented copies" if num_copies else ""
st.caption(
    f"{found.num_photos:,} {split} photos of {found.num_lesions:,} lesions{augmented}; in brackets "
    f"the 95 % interval, from resampling lesions {NUM_RESAMPLES:,} times."
)

st.subheader("Confusion matrix", anchor=False)
by_row = st.toggle("Shares of the true diagnosis", key="training_by_row")
figure = charts.confusion(found.confusion, by_row)
matrix = f"training_confusion_{run.name}_{split}_{fold}"
charts.show_and_listen(
    figure,
    matrix,
    "Confusion matrix",
    "Rows are the truth, columns the answer; the diagonal is right. Colour is the share of the "
    f"row. {found.num_photos:,} {split} photos.",
    tables.confusion(found.confusion),
    lambda points: behind.clicked(matrix, points),
)
behind.show(run, own[own["split"] == split], matrix)

st.subheader("By diagnosis", anchor=False)
st.dataframe(tables.per_diagnosis(found), key="training_per_diagnosis")
st.caption(
    "Each diagnosis against all others, with 95 % intervals by lesion. Recall is also called "
    "sensitivity: the share of the photos with this diagnosis that were found."
)

st.header("Calibration", anchor=False)
calibration.diagram(
    run,
    own[own["split"] == split],
    f"{split} photos{augmented}",
    found.summary["ece"],
    "training",
)
if fold == run.folds[0]:
    st.caption(
        f"The temperature of this network, {run.calibration['temperature']:.2f}, was fitted on "
        "validation photos."
    )
calibration.sets_of(run)
thresholds.show(run)

st.header("Settings", anchor=False)
st.dataframe(tables.settings(run), key="training_settings")
st.code(run.command, language="bash")
