"""One analysis as one file: everything said on the page, readable for years without the app.

Made in memory when it is asked for. It holds no script, asks no other host for anything, and the
photo in it is drawn anew from its pixels, without its metadata.
"""

import base64
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jinja2
import streamlit as st

from model.heatmaps.overlay import overlay, png
from model.lesions import describe, malignant_codes
from model.photo.decode import resize, within
from pages.shared import cache, session

TEMPLATE = Path(__file__).with_suffix(".html")
SIDE = 640  # pixels of the pictures


def offer(run, photo, answer, trust):
    """A button that makes and hands over the file.

    Args:
        trust: sentences on how far to trust the answer, as plain text.
    """
    maps = [session.heatmap(run, photo, code) for code in answer.ranking[:2]]
    test = cache.evaluation_of_test_photos(run)
    coverage, threshold = cache.reached_on_test(run)
    # Made in a thread of its own, which has no session: everything is gathered here.
    make = partial(page, run, photo, answer, maps, test, coverage, threshold, trust)
    st.download_button(
        "Save this analysis as a file",
        make,
        f"analysis_{run.name}_{photo.digest[:8]}.html",
        "text/html",
        key="classify_evidence_file",
        icon=":material/description:",
        help="One HTML file with photo, answer, maps, limits and how to get it again. It holds "
        "the photo, so keep it as carefully.",
    )


def page(run, photo, answer, maps, test, coverage, threshold, trust):
    """The whole file.

    Args:
        run: `model.run.Run`.
        photo: `pages.shared.session.Photo`.
        answer: `model.prediction.prediction.Prediction`.
        maps: `model.heatmaps.heatmap.Heatmap`s.
        test: `model.evaluation.metrics.Evaluation` of the run's test photos.
        coverage, threshold: of `pages.shared.cache.reached_on_test`, each may be None.
        trust: sentences, as plain text.
    Returns:
        str, HTML.
    """
    size = run.card["input"]
    small = within(photo.pixels, SIDE)
    first = describe(answer.diagnosis)
    framed = f" --frame {photo.crop}" if photo.crop else ""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        name=first.name,
        plain=first.plain,
        answer=answer,
        run=run,
        side=SIDE,
        height=size["height"],
        width=size["width"],
        photo=_picture(small),
        seen=_picture(resize(photo.pixels, size["height"], size["width"])),
        caveats=_caveats(run, photo, answer),
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        probabilities=[
            {
                "name": f"{describe(code).name} ({code})",
                "probability": answer.probabilities[code],
                "in_set": None if answer.is_novel else code in answer.prediction_set,
            }
            for code in answer.ranking
        ],
        measured=_measured(run, answer, coverage, threshold),
        maps=[{"picture": _picture(overlay(small, one.values)), **_caption(one)} for one in maps],
        trust=trust,
        figure=(
            f"On {test.num_photos:,} test photos of {test.num_lesions:,} lesions its balanced "
            f"accuracy is {test.summary['balanced_accuracy']} (95 % interval in brackets); "
            f"guessing gives {1 / len(run.diagnoses):.2f}."
        ),
        commands=[
            f"python -m model predict PHOTO --run {run.name}{framed}",
            *(
                f"python -m model explain PHOTO --run {run.name} --diagnosis {one.diagnosis} "
                f"--method {one.method}{framed} --png {one.diagnosis}.png"
                for one in maps
            ),
            run.command,
        ],
        identity=[
            ("sha256 of the photo's file", photo.file_digest),
            *([("frame (left, top, right, bottom)", str(photo.crop))] if photo.crop else []),
            ("sha256 of the run's card", run.digest),
            *((f"sha256 of {name}", digest) for name, digest in run.card["files"].items()),
            ("code revision of the run", run.card["revision"]),
            *((f"{name} of the run", version) for name, version in run.card["versions"].items()),
        ],
    )


def _measured(run, answer, coverage, threshold):
    """What the prediction set and the threshold are worth, where the run knows it."""
    if answer.is_novel:
        return [
            "What the network can't rule out, and what counts as suspicious, was measured on "
            "photos like those it has learned from: for this one neither holds."
        ]
    lines = []
    if coverage:
        lines.append(
            f"What can't be ruled out: on {coverage.num_photos:,} test photos such sets held the "
            f"truth in {coverage.share} of the cases."
        )
    if threshold:
        names = ", ".join(describe(code).in_text for code in malignant_codes(run.diagnoses))
        side = "above" if answer.malignant_sum >= threshold.value else "below"
        lines.append(
            f"Malignant diagnoses together ({names}): {answer.malignant_sum:.3f}, {side} the "
            f"threshold of {threshold.value:.3f}, which on the test photos found "
            f"{threshold.sensitivity} of {threshold.num_of:,} malignant ones and left "
            f"{threshold.specificity} of {threshold.num_others:,} others below it."
        )
    return lines


def _caveats(run, photo, answer):
    said = []
    if answer.is_novel:
        said.append(
            f"The photo is unlike this run's training photos (novelty {answer.novelty:.2f}; from 1 "
            "on a photo counts as strange): the answer means little."
        )
    if run.as_published:
        said.append("This run's split leaks, on purpose: its figures flatter.")
    if photo.is_rendered != run.is_rendered:
        said.append(
            "This is a drawing, and the run has learned photos: its answer only shows how the app "
            "works."
            if photo.is_rendered
            else "The run has learned drawings only: what it says about a photo means nothing."
        )
    return said


def _caption(found):
    name = f"Grad-CAM of {describe(found.diagnosis).in_text}"
    if found.is_empty:
        return {"caption": f"{name}: empty, nothing in this photo raised it"}
    return {"caption": f"{name}, raw strength {found.peak:.3g}"}


def _picture(pixels):
    return f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
