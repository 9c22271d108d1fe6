"""Ways to feed a network and orders of its labels: the right ones are found, chance is not."""

import keras
import numpy as np
import pytest

from model.network import network_file
from model.network.compiled import before_activation
from model.network.flatten import flatten
from model.photo.decode import decode, resize
from model.run import NETWORK, find
from tests.train.importing import networks
from train.commands.shared import SHIPPED
from train.data import readers, rendered
from train.importing.pixels import WAYS
from train.importing.trials import Way, choose

CODES = networks.CODES


def truth_and_lesions(per_diagnosis=20):
    truth = [code for code in CODES for _ in range(per_diagnosis)]
    return truth, [f"{code}_{number // 2}" for number, code in enumerate(truth)]


def photos(truth, seed=0):
    draw = np.random.default_rng(seed)
    red = np.array([networks.RED[code] for code in truth]) + draw.integers(-25, 26, len(truth))
    others = draw.integers(0, 256, (len(truth), 2))
    colours = np.column_stack([red, others]).astype(np.uint8)
    return np.broadcast_to(colours[:, None, None], (len(truth), 64, 64, 3))


ORDERS = [
    ("bright", "dark", "medium"),
    ("dark", "medium", "bright"),
    ("medium", "bright", "dark"),
    ("dark", "bright", "medium"),
]
TRIES = [(pixels, ORDERS[index % 4]) for index, pixels in enumerate([*WAYS, "0-1"])]


@pytest.mark.parametrize(("pixels", "order"), TRIES)
def test_pixels_and_order_are_found_in_every_try(pixels, order):
    truth, lesions = truth_and_lesions()
    network = networks.network(pixels, order, activation=None)
    logits = {
        Way("bicubic", name): np.asarray(network(way(photos(truth)))) for name, way in WAYS.items()
    }
    chosen = choose(logits, truth, CODES, lesions)
    assert chosen.best.way.pixels == pixels
    assert chosen.best.order == order
    assert chosen.best.balanced_accuracy == 1
    assert not chosen.is_untrained
    assert (chosen.suits is None) == (order == CODES)


@pytest.fixture(scope="module")
def drawings(tmp_path_factory):
    """A few drawings: (n, 64, 64, 3), diagnoses and lesions."""
    folder = tmp_path_factory.mktemp("drawings")
    rendered.write(folder, 12)
    table = readers.with_lesions(readers.read(folder / "photos", "folders"), folder / "lesions.csv")
    pixels = [resize(decode(path.read_bytes()), 64, 64) for path in table["path"]]
    return np.stack(pixels), table["diagnosis"].tolist(), table["lesion_id"].tolist()


@pytest.mark.parametrize(("pixels", "turns"), [("0-255", 1), ("caffe", 2), ("-1-1-bgr", 0)])
def test_the_demo_network_is_found_in_every_try(drawings, pixels, turns):
    """The trained network of `demo`, as if it had been trained on these pixels and this order."""
    photos_seen, truth, lesions = drawings
    demo = find("demo", [SHIPPED])
    codes = tuple(sorted(demo.diagnoses))
    network = network_file.load(demo.path / NETWORK)
    way = WAYS[pixels]
    undone = keras.layers.Conv2D(3, 1)
    undone.build((None, 64, 64, 3))
    kernel = np.diag(1 / np.array(way.scale))
    bias = -np.array(way.offset) / way.scale
    undone.set_weights([(kernel[::-1] if way.is_bgr else kernel)[None, None], bias])
    trained = keras.Sequential([keras.Input((64, 64, 3)), undone, network])
    graph = flatten(trained)
    graph = keras.Model(graph.inputs[0], before_activation(graph))
    order = [*np.roll(range(3), turns)]  # output i answers for the diagnosis order[i]
    outputs = {
        Way("bicubic", name): np.asarray(graph(other(photos_seen)))[:, order]
        for name, other in WAYS.items()
    }
    chosen = choose(outputs, truth, codes, lesions)
    assert chosen.best.way.pixels == pixels
    assert chosen.best.order == tuple(demo.diagnoses[index] for index in order)


def test_a_network_that_has_learned_nothing_changes_nothing():
    truth, lesions = truth_and_lesions()
    draw = np.random.default_rng(1)
    ways = [Way("bicubic", name) for name in ("0-255", "0-1", "-1-1")]
    num_noticed = 0
    for _ in range(10):
        logits = {way: draw.normal(size=(len(truth), 3)) for way in ways}
        chosen = choose(logits, truth, CODES, lesions)
        if chosen.is_untrained:
            num_noticed += 1
            assert chosen.best.way == ways[0]
            assert chosen.best.order == CODES
            assert chosen.suits is None
    # One in twenty passes by chance.
    assert num_noticed >= 8


def test_a_network_that_always_answers_the_same_has_learned_nothing():
    truth, lesions = truth_and_lesions()
    same = np.tile([0.0, 9.0, 0.0], (len(truth), 1))
    chosen = choose({Way("bicubic", "0-255"): same}, truth, CODES, lesions)
    assert chosen.is_untrained
    assert chosen.best.balanced_accuracy == pytest.approx(1 / 3)


def one_hot(labels, certainty=3.0):
    return certainty * np.eye(3)[labels]


def test_an_order_set_by_hand_stays_and_the_better_one_is_known():
    truth, lesions = truth_and_lesions()
    labels = np.array([CODES.index(code) for code in truth])
    turned = {Way("bicubic", "0-255"): one_hot((labels + 1) % 3)}
    chosen = choose(turned, truth, CODES, lesions, is_order_fixed=True)
    assert chosen.best.order == CODES
    assert chosen.best.balanced_accuracy == 0
    # Output 0 answers where the label is 2, output 1 where it is 0, output 2 where it is 1.
    assert chosen.suits.order == (CODES[2], CODES[0], CODES[1])
    assert chosen.suits.balanced_accuracy == 1
    assert chosen.gain.low > 0


def test_two_equal_ways_leave_the_commoner_one():
    truth, lesions = truth_and_lesions()
    labels = np.array([CODES.index(code) for code in truth])
    logits = one_hot(labels) + np.random.default_rng(0).normal(size=(len(labels), 3))
    noise = np.random.default_rng(1).normal(scale=0.05, size=logits.shape)
    ways = [Way("bicubic", "0-255"), Way("bicubic", "0-255-bgr")]
    chosen = choose(dict(zip(ways, (logits + noise, logits), strict=True)), truth, CODES, lesions)
    assert chosen.best.way == ways[0]


def test_a_way_set_by_hand_stays():
    truth, lesions = truth_and_lesions()
    labels = np.array([CODES.index(code) for code in truth])
    good, bad = Way("bicubic", "0-255"), Way("bicubic", "0-1")
    logits = {good: one_hot(labels), bad: 0.01 * one_hot(np.zeros_like(labels))}
    assert choose(logits, truth, CODES, lesions).best.way == good
    assert choose(logits, truth, CODES, lesions, fixed=bad).best.way == bad


def test_a_label_without_photos_keeps_its_output():
    truth = ["bright"] * 10 + ["medium"] * 10
    labels = np.array([CODES.index(code) for code in truth])
    chosen = choose(
        {Way("bicubic", "0-255"): one_hot(labels)}, truth, CODES, [str(n) for n in range(20)]
    )
    assert chosen.best.order == CODES
    assert chosen.best.balanced_accuracy == 1
