"""The mix, fitted for a run that was trained before anybody fitted it."""

import json

import numpy as np
import pandas as pd
import pytest

from model import run
from model.network.softmax import at_mix
from model.run.ledger import read
from tests import toys
from train.__main__ import main


@pytest.fixture
def runs(tmp_path):
    """A run whose 400 validation photos are of the first diagnosis in three of four."""
    rows = toys.predictions()
    codes = toys.CODES
    draw = np.random.default_rng(3)
    shares = np.array([0.75, *(len(codes) - 1) * [0.25 / (len(codes) - 1)]])
    truth = draw.choice(len(codes), 400, p=shares)
    # What a perfect network would say if all diagnoses were equally frequent.
    evidence = np.exp(draw.normal(size=(400, len(codes))) + 2 * np.eye(len(codes))[truth])
    probabilities = evidence / evidence.sum(axis=1, keepdims=True)
    more = rows[rows["split"] == "validation"].sample(400, replace=True, random_state=0)
    more = more.assign(
        image_id=[f"more_{number}" for number in range(400)],
        lesion_id=[f"more_{number}" for number in range(400)],
        diagnosis=np.array(codes)[truth],
        **dict(zip([f"p_{code}" for code in codes], probabilities.T, strict=True)),
    )
    rows = rows[rows["split"] != "validation"]
    toys.write(tmp_path, "toy", rows=pd.concat([rows, more], ignore_index=True))
    return tmp_path


def test_the_mix_is_fitted_on_validation_photos_and_recorded(runs, capsys):
    before = run.read(runs / "toy")
    assert main(["fit-mix", "toy", "--runs", str(runs)]) == 0
    after = run.read(runs / "toy")
    mix = after.calibration["mix"]
    assert {**after.calibration} == {**before.calibration, "mix": mix}
    assert mix["shares"][toys.CODES[0]] == pytest.approx(0.75, abs=0.05)
    rows = after.predictions[after.predictions["split"] == "validation"]
    mixed = at_mix(
        rows[after.probability_columns].to_numpy(),
        np.array([mix["shares"][code] for code in after.diagnoses]),
        mix["sharpness"],
        mix["prior_weight"],
    )
    truth = rows["diagnosis"].map(after.diagnoses.index).to_numpy()
    # The frequent diagnosis is as probable, on average, as it is frequent.
    assert mixed[:, 0].mean() == pytest.approx((truth == 0).mean(), abs=0.03)
    last = read(after.path).entries[-1]
    assert (last.event, last.what, last.num_photos) == ("choice", "mix of diagnoses", 400)
    assert last.result in capsys.readouterr().out


def test_a_run_without_validation_photos_is_told_so(tmp_path, capsys):
    rows = toys.predictions()
    toys.write(tmp_path, "toy", rows=rows[rows["split"] != "validation"])
    before = json.loads((tmp_path / "toy" / "calibration.json").read_text("utf-8"))
    assert main(["fit-mix", "toy", "--runs", str(tmp_path)]) == 2
    assert "toy lists no validation photos" in capsys.readouterr().err
    assert json.loads((tmp_path / "toy" / "calibration.json").read_text("utf-8")) == before
