"""One analysis as one file: all that the page says, readable for years without the app.

Made in memory when a visitor asks for it. It holds no script, asks no other host for anything, and
its photo is drawn anew from the pixels, without metadata.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import jinja2
import streamlit as st

from model.heatmaps.heatmap import Heatmap
from model.heatmaps.overlay import overlay, png
from model.lesions import describe
from model.photo.decode import resize, within
from pages.shared import mix_words, session
from pages.shared.data_url import data_url
from pages.shared.measured import of_run
from pages.shared.photo import Photo
from pages.shared.statements import Statements, plain

TEMPLATE = Path(__file__).with_suffix(".html")
SIDE = 640  # pixels of the pictures


@dataclass(frozen=True)
class Report:
    """What the file is made of.

    `trust` holds sentences on how far to trust the prediction, `run_figures` is what the run
    reached on its test photos.
    """

    photo: Photo
    statements: Statements
    heatmaps: Sequence[Heatmap]
    trust: Sequence[str]
    run_figures: str


def offer(photo: Photo, statements: Statements, trust: Sequence[str]) -> None:
    """A button that makes the file and hands it over.

    Args:
        trust: sentences on how far to trust the prediction.
    """
    run, codes = statements.run, statements.prediction.ranking[:2]
    heatmaps = [session.heatmap(run, photo, code) for code in codes]
    # Made in a thread of its own, which has no session: everything is gathered here.
    make = partial(page, Report(photo, statements, heatmaps, trust, of_run(run)))
    st.download_button(
        "Save this analysis as a file",
        make,
        f"analysis_{run.name}_{photo.digest[:8]}.html",
        "text/html",
        key="classify_evidence_file",
        icon=":material/description:",
        help="One HTML file with photo, answer, heat maps, limits and how to reproduce it. It "
        "holds the photo, so keep it as carefully.",
    )


def page(report: Report) -> str:
    """The whole file as HTML."""
    photo, statements = report.photo, report.statements
    run, prediction = statements.run, statements.prediction
    size = run.card["input"]
    resizing = size.get("resizing", "bicubic")
    pixels = photo.pixels
    small = within(pixels, SIDE)
    seen = resize(pixels, size["height"], size["width"], resizing)
    first = describe(prediction.diagnosis)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        name=first.name,
        plain=statements.plain,
        prediction=prediction,
        run=run,
        side=SIDE,
        height=size["height"],
        width=size["width"],
        photo=data_url(png(small), "png"),
        network_input=data_url(png(seen), "png"),
        caveats=map(plain, statements.caveats),
        made=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        probabilities=[
            {
                "name": f"{describe(code).name} ({code})",
                "probability": prediction.probabilities[code],
                "in_set": statements.in_prediction_set(code),
            }
            for code in prediction.ranking
        ],
        mix=mix_words.sentence(run, statements.prediction.kind),
        conclusions=map(plain, (*statements.conclusions, *statements.figures)),
        heatmaps=[
            {
                "picture": data_url(png(overlay(small, heatmap.values)), "png"),
                "caption": _caption(heatmap),
            }
            for heatmap in report.heatmaps
        ],
        trust=map(plain, report.trust),
        run_figures=report.run_figures,
        commands=_commands(report),
        identity=_identity(report),
    )


def _commands(report: Report) -> list[str]:
    """The commands that give the same prediction, heat maps and run again."""
    run, crop = report.statements.run, report.photo.crop
    kind = report.statements.prediction.kind
    option = f" --frame {crop}" if crop else ""
    option += f' --kind "{kind}"' if kind else ""
    mix = mix_words.mix_of(run)
    at_mix = "" if mix == mix_words.AS_GIVEN else f" --mix {mix.name}"
    at_mix += f" --malignant-of-100 {100 * mix.prevalence:.0f}" if mix.prevalence else ""
    return [
        f"python -m model predict PHOTO --run {run.name}{option}{at_mix}",
        *(
            f"python -m model explain PHOTO --run {run.name} --diagnosis {heatmap.diagnosis} "
            f"--method {heatmap.method}{option} --png {heatmap.diagnosis}.png"
            for heatmap in report.heatmaps
        ),
        run.command,
    ]


def _identity(report: Report) -> list[tuple[str, str]]:
    """Hashes and versions of all that the prediction depends on, with what each is of."""
    run, photo = report.statements.run, report.photo
    return [
        ("sha256 of the photo's file", photo.file_digest),
        *([("crop (left, top, right, bottom)", str(photo.crop))] if photo.crop else []),
        ("sha256 of the model's card", run.card_digest),
        *((f"sha256 of {name}", digest) for name, digest in run.card["files"].items()),
        ("code revision of the model", run.card["revision"]),
        *((f"{name} of the model", version) for name, version in run.card["versions"].items()),
    ]


def _caption(heatmap: Heatmap) -> str:
    name = f"Grad-CAM of {describe(heatmap.diagnosis).in_text}"
    if heatmap.is_empty:
        return f"{name}: empty, nothing in this photo raised it"
    return f"{name}, peak {heatmap.peak:.3g}"
