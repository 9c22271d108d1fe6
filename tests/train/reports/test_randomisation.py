"""Shuffling a network layer by layer, and what its heat maps do."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from scipy.stats import spearmanr

from model import run
from model.evaluation.randomisation import all_shuffled, by_depth
from model.heatmaps.explainer import Explainer
from model.prediction.classifier import Classifier
from tests import toys
from tests.train.reports.test_heatmap_accuracy import data  # noqa: F401
from train.__main__ import main
from train.reports import randomisation
from train.reports.randomisation import ShuffledNetwork, measure, standard_ranks

NUM_PHOTOS = 12


def deep(activation=None, num_outputs=3):
    """Three convolutions and two dense layers, all of random weights."""
    keras.utils.set_random_seed(5)
    photo = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255)(photo)
    for number in range(3):
        x = layers.Conv2D(6, 3, padding="same", activation="relu", name=f"conv{number}")(x)
    x = layers.Dense(8, activation="relu", name="dense")(layers.GlobalAveragePooling2D()(x))
    output = layers.Dense(num_outputs, activation=activation, name="output")(x)
    return keras.Model(photo, output)


def written(folder, codes=toys.CODES, **options):
    network = deep(**options)
    return Classifier(
        toys.write(folder, codes=codes, save=network.save, num_features=6, heatmap_layer="conv2")
    )


@pytest.fixture
def photos(tmp_path):
    """Noise, of the ids of the toy run's test photos: two of each lesion."""
    draw = np.random.default_rng(1)
    paths = {}
    for number in range(2 * NUM_PHOTOS):
        path = tmp_path / f"test_{number}.png"
        path.write_bytes(toys.encoded(draw.integers(0, 256, (64, 64, 3), dtype=np.uint8)))
        paths[path.stem] = path
    return pd.DataFrame({"path": paths})


def test_the_cascade_shuffles_from_the_output_down_and_adds_up(tmp_path):
    classifier = written(tmp_path)
    before = {layer.name: layer.get_weights() for layer in classifier.network.network.layers}
    shuffled = ShuffledNetwork(classifier)
    names = ["output", "dense", "conv2", "conv1", "conv0"]
    states = []
    for number, name in shuffled.cascade(3, num_depths=5):
        assert name == names[number - 1]
        now = {layer.name: layer.get_weights() for layer in shuffled.layers}
        for layer in names[:number]:
            assert (now[layer][0] != before[layer][0]).any()
            assert sorted(now[layer][0].ravel()) == sorted(before[layer][0].ravel())
        for layer in names[number:]:
            assert (now[layer][0] == before[layer][0]).all()
        states.append(now["output"][0])
    assert len(states) == 5
    assert all((state == states[0]).all() for state in states)  # shuffled once, not anew
    (again, _), (other, _) = (
        (shuffled.layers[-1].get_weights()[0], next(iter(shuffled.cascade(seed))))
        for seed in (3, 4)
    )
    assert (again == states[0]).all()
    assert (shuffled.layers[-1].get_weights()[0] != other).any()
    for layer in classifier.network.network.layers:
        for kept, old in zip(layer.get_weights(), before[layer.name], strict=True):
            assert (kept == old).all()


def test_a_deep_network_is_shuffled_in_a_few_even_steps(tmp_path):
    shuffled = ShuffledNetwork(written(tmp_path))
    assert [number for number, _ in shuffled.cascade(0, num_depths=3)] == [1, 3, 5]
    assert [number for number, _ in shuffled.cascade(0, num_depths=99)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("codes", "activation"), [(toys.CODES, "softmax"), (("nv", "mel"), "sigmoid")]
)
def test_the_output_layer_is_shuffled_where_it_ends_in_softmax_or_sigmoid(
    tmp_path, codes, activation
):
    """Maps come from a copy of such a layer; it must not be left as it was."""
    num_outputs = 1 if activation == "sigmoid" else 3
    classifier = written(tmp_path, codes, activation=activation, num_outputs=num_outputs)
    shuffled = ShuffledNetwork(classifier)
    photo = np.random.default_rng(2).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    own = Explainer(classifier).by_view(photo, "mel", "grad_cam")
    assert shuffled.explainer.by_view(photo, "mel", "grad_cam") == pytest.approx(own, rel=1e-4)
    steps = shuffled.cascade(1)
    assert next(steps) == (1, "output")
    changed = shuffled.explainer.by_view(photo, "mel", "grad_cam")
    assert np.abs(changed - own).max() > 0.01 * np.abs(own).max()


def test_the_product_of_standard_ranks_is_spearman_s_correlation():
    draw = np.random.default_rng(0)
    one = draw.normal(size=(6, 7))
    other = np.maximum(draw.normal(size=(6, 7)), 0)  # with ties
    expected = spearmanr(one.ravel(), other.ravel()).statistic
    assert standard_ranks(one) @ standard_ranks(other) == pytest.approx(expected)
    assert standard_ranks(one) @ standard_ranks(-one) == pytest.approx(-1)


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((3, 3)),
        np.full((3, 3), 7.0),
        1000 + np.float32([[1e-4, 0], [0, 0]]),
        np.array([[1, np.nan], [0, 0]]),
        np.array([[1, np.inf], [0, 0]]),
    ],
)
def test_an_empty_or_constant_map_has_no_ranks(values):
    assert standard_ranks(values) is None


def test_a_map_below_zero_everywhere_and_a_tiny_one_have_ranks():
    assert standard_ranks(np.array([[-3.0, -1], [-2, -4]])) is not None
    assert standard_ranks(np.array([[3e-12, 0], [0, 0]])) is not None


def test_a_method_that_shows_the_photo_is_caught_and_one_that_shows_the_weights_is_not(
    tmp_path, photos, monkeypatch
):
    classifier = written(tmp_path / "runs")

    def by_photo(network, seen, class_index, track):
        return -seen.mean(axis=-1) if np.ptp(network.logits(seen)) else seen.mean(axis=-1)

    def by_weights(network, seen, class_index, track):
        number = int(1e6 * abs(float(network.logits(seen[:1] * 0 + 100)[0, 0])))
        return np.random.default_rng(number).normal(size=seen.shape[:3])

    def nothing(network, seen, class_index, track):
        return np.zeros(seen.shape[:3])

    for name, make in (("grad_cam", by_photo), ("layer_cam", by_weights), ("hires_cam", nothing)):
        method = randomisation.METHODS[name]
        monkeypatch.setitem(
            randomisation.METHODS, name, type(method)(**vars(method) | {"make": make})
        )
    methods = ["grad_cam", "layer_cam", "hires_cam", "score_cam"]
    table = measure(classifier, photos, methods, NUM_PHOTOS)
    assert table["lesion_id"].nunique() == NUM_PHOTOS
    assert table["seed"].nunique() == NUM_PHOTOS  # each photo has networks of its own
    assert "score_cam" not in table.columns
    assert [step.num_layers for step in by_depth(table, "grad_cam")] == [1, 2, 3, 4, 5]
    left = all_shuffled(table, "grad_cam")
    assert left.correlation.value == pytest.approx(1)
    assert left.others.value < 0.2
    assert left.is_kept
    assert not all_shuffled(table, "layer_cam").is_kept
    empty = all_shuffled(table, "hires_cam")
    assert (empty.num_undefined, empty.num_photos) == (NUM_PHOTOS, 0)
    # The same at every call.
    pd.testing.assert_frame_equal(table, measure(classifier, photos, methods, NUM_PHOTOS))


def test_one_photo_alone_has_no_others_to_be_compared_with(tmp_path, photos):
    table = measure(written(tmp_path / "runs"), photos, ["grad_cam"], 1)
    assert table["grad_cam_others"].isna().all()
    assert all_shuffled(table, "grad_cam").is_unknown


def test_the_command_writes_the_table_and_goes_on_after_a_stop(
    tmp_path,
    data,  # noqa: F811
    monkeypatch,
    capsys,
):
    toys.write(tmp_path, "toy")
    ask = ["explain-report", "--only", "randomisation", "--data", str(data)]
    ask += ["--runs", str(tmp_path), "--methods", "grad_cam", "smooth_grad"]
    ask += ["--randomisation-photos", "5"]

    def stops(rows, title):
        yield from rows[:2]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.progress.track", stops)
        assert main(ask) == 130
    left = tmp_path / ".toy.randomisation.csv.jsonl"
    assert len(left.read_bytes().splitlines()) == 1 + 2
    assert main(ask) == 0
    assert "Weights shuffled from the output down" in capsys.readouterr().out
    assert not left.exists()
    toy_run = run.read(tmp_path / "toy")
    assert toy_run.localisation is None
    table = toy_run.randomisation
    assert len(table) == 5 * 2  # the toy has two layers
    first = table.to_csv()
    assert main(ask) == 0
    assert run.read(tmp_path / "toy").randomisation.to_csv() == first


def test_a_broken_table_refuses_the_run(tmp_path):
    from model.run import RANDOMISATION
    from model.run.writer import add_table
    from tests.model.evaluation.test_randomisation import rows

    toy_run = toys.write(tmp_path, "toy")
    table = rows([0.5, 0.4])
    assert len(add_table(toy_run, RANDOMISATION, table).randomisation) == 2
    with pytest.raises(run.RunError, match="lacks the columns seed"):
        add_table(toy_run, RANDOMISATION, table.drop(columns="seed"))
    with pytest.raises(run.RunError, match="other than numbers in grad_cam"):
        add_table(toy_run, RANDOMISATION, table.assign(grad_cam="much"))
    with pytest.raises(run.RunError, match="without its seed or its layers"):
        add_table(toy_run, RANDOMISATION, table.assign(num_layers=np.nan))
    with pytest.raises(run.RunError, match="lacks the columns grad_cam_others"):
        add_table(toy_run, RANDOMISATION, table.drop(columns="grad_cam_others"))
    assert len(run.read(tmp_path / "toy").randomisation) == 2  # the old one stands
