"""The file of one analysis: whole, escaped, and asking nobody for anything."""

import base64
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from model.heatmaps.explainer import Explainer
from pages.classify import report_file
from pages.shared import measured, statements
from pages.shared.photo import Photo
from tests import toys

SECRET = "Anna <b>Beispiel</b> 1970"


@pytest.fixture
def written(toy_classifier):
    exif = Image.Exif()
    exif[0x010E] = SECRET
    data = toys.encoded(toys.flat((255, 0, 0)), "JPEG", exif=exif)
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    photo = replace(Photo.read(f"{SECRET}.jpg", data), file_digest="ab" * 32)
    run = toy_classifier.run
    (prediction,) = toy_classifier.predict([pixels])
    explainer = Explainer(toy_classifier)
    heatmaps = [explainer.heatmap(pixels, code) for code in prediction.ranking[:2]]
    about = statements.about(run, prediction, is_rendered=False)
    trust = ["**Holds**: <script>alert(1)</script>"]
    report = report_file.Report(photo, about, heatmaps, trust, measured.of_run(run))
    return report_file.page(report)


def test_it_says_what_the_page_says(written, toy_classifier):
    run = toy_classifier.run
    assert "Basal cell carcinoma (bcc), probability 1.00" in written
    assert "Not a medical device" in written
    assert "Grad-CAM of basal cell carcinoma, peak" in written
    assert "empty, nothing in this photo raised it" in written
    assert "ab" * 32 in written
    assert run.digest in written
    assert run.card["files"]["model.keras"] in written
    assert "python -m model explain PHOTO --run toy --diagnosis bcc" in written
    assert "30 test photos of 15 lesions" in written
    assert "A toy." in written
    assert f"Made {datetime.now(UTC):%Y-%m-%d}" in written


def test_of_a_strange_photo_it_says_what_does_not_hold(written):
    assert "Unlike this model&#39;s training photos" in written
    assert "the malignancy threshold were not tested on flagged photos alone" in written
    assert written.count("not tested on such a photo") == 3
    assert "held the truth in" not in written


def test_it_asks_nobody_for_anything_and_runs_nothing(written):
    class Watch(HTMLParser):
        references, tags = (), ()

        def handle_starttag(self, tag, attributes):
            self.tags += (tag,)
            self.references += tuple(
                value for name, value in attributes if name in ("src", "href", "action")
            )

    watch = Watch()
    watch.feed(written)
    assert "script" not in watch.tags
    assert "link" not in watch.tags
    assert len(watch.references) == 4  # two photos, two maps
    assert all(reference.startswith("data:image/png;base64,") for reference in watch.references)
    assert "default-src 'none'" in written
    assert "url(" not in written


def test_nothing_of_the_file_but_its_pixels_and_hash_goes_in(written):
    assert "Beispiel" not in written
    for data in re.findall(r"base64,([A-Za-z0-9+/=]+)", written):
        image = Image.open(io.BytesIO(base64.b64decode(data)))
        assert image.info == {}
        assert not image.getexif()


def test_what_is_filled_in_is_escaped(written):
    assert "Holds: &lt;script&gt;" in written
    assert "**" not in written
