"""From a run folder to answers: exact on a toy network, refused where card and network differ."""

import json
import zipfile
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from model import run
from model.prediction.classifier import Classifier
from model.run import RunError
from tests import toys


def test_a_red_photo_of_any_size_is_the_first_diagnosis(toy_classifier):
    for size in ((80, 100), (16, 16), (500, 70)):
        answer = toy_classifier.predict([toys.flat((255, 0, 0), *size)])[0]
        assert answer.diagnosis == "bcc"
        expected = np.exp(10) / (np.exp(10) + 2)
        assert answer.probability == pytest.approx(expected, abs=1e-5)


def test_answers_stand_in_the_order_of_the_photos(toy_classifier):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 255, 0)]
    answers = toy_classifier.predict([toys.flat(colour) for colour in colours])
    assert [answer.diagnosis for answer in answers] == ["bcc", "mel", "nv", "mel"]
    assert toy_classifier.predict([]) == []


def test_temperature_of_the_run_is_applied(tmp_path):
    hot = toys.CALIBRATION | {"temperature": 5.0}
    classifier = Classifier(toys.write(tmp_path, calibration=hot))
    answer = classifier.predict([toys.flat((255, 0, 0))])[0]
    assert answer.probability == pytest.approx(np.exp(2) / (np.exp(2) + 2), abs=1e-5)


def test_novelty_grows_with_the_distance_to_the_training_photos(toy_classifier):
    grey, red = toy_classifier.predict([toys.flat((128, 128, 128)), toys.flat((255, 0, 0))])
    assert grey.novelty == pytest.approx(0, abs=0.02)
    assert not grey.is_novel
    # (1, 0, 0) is sqrt(0.75) from mid grey and the cut is 0.5.
    assert red.novelty == pytest.approx(np.sqrt(0.75) / 0.5, abs=0.01)
    assert red.is_novel


def test_many_threads_get_the_answers_of_one(toy_classifier):
    photos = [
        np.random.default_rng(seed).integers(0, 256, (80, 80, 3), dtype=np.uint8)
        for seed in range(40)
    ]
    alone = [toy_classifier.predict([photo])[0].probabilities for photo in photos]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda photo: toy_classifier.predict([photo])[0], photos))
    assert [answer.probabilities for answer in together] == alone


def test_a_network_whose_weights_are_no_numbers_is_refused_and_never_answers(tmp_path):
    broken = toys.network()
    broken.get_layer("logits").set_weights([np.full((3, 3), np.nan), np.zeros(3)])
    with pytest.raises(RunError, match=r"weights that are no numbers \(in logits/kernel\)"):
        Classifier(toys.write(tmp_path, save=broken.save))
    # Finite weights may overflow, too.
    broken.get_layer("logits").set_weights([np.full((3, 3), 3e38), np.full(3, -3e38)])
    classifier = Classifier(toys.write(tmp_path, "overflows", save=broken.save))
    with pytest.raises(RunError, match="something that is no number"):
        classifier.predict([toys.flat((255, 255, 255))])


def test_a_results_only_run_says_how_to_train_it(toy_runs):
    with pytest.raises(RunError, match=r"results only.*python -m train run toy"):
        Classifier(run.read(toy_runs / "toy_results"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"heatmap_layer": "conv9"}, "has no layer"),
        ({"input": {"height": 32, "width": 16, "range": [0, 255]}}, "the network takes 16 x 16"),
    ],
)
def test_a_network_that_does_not_fit_its_card_is_refused(tmp_path, changes, sentence):
    with pytest.raises(RunError, match=sentence):
        Classifier(toys.write(tmp_path, **changes))


def test_a_network_with_other_classes_than_its_card_is_refused(tmp_path):
    written = toys.write(tmp_path, save=toys.network(codes=("a", "b")).save)
    with pytest.raises(RunError, match="names 3 diagnoses, the network answers with 2"):
        Classifier(written)


def test_a_novelty_score_of_another_network_is_refused(tmp_path):
    with pytest.raises(RunError, match="fitted on 5 features, the network gives 3"):
        Classifier(toys.write(tmp_path, num_features=5))


def test_a_novelty_layer_that_is_not_there_is_refused(tmp_path):
    toy_run = toys.write(tmp_path)
    arrays = toys.novelty(12) | {"layers": np.array(["conv9"])}
    np.savez(toy_run.path / "novelty.npz", **arrays)
    card = json.loads((toy_run.path / "card.json").read_text())
    card["files"]["novelty.npz"] = run.sha256(toy_run.path / "novelty.npz")
    (toy_run.path / "card.json").write_text(json.dumps(card))
    with pytest.raises(RunError, match="network has no layer 'conv9'"):
        Classifier(run.read(toy_run.path))


def test_weights_that_are_no_network_are_refused(tmp_path):
    def save(path):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", "{}")

    with pytest.raises(RunError, match="the network cannot be used"):
        Classifier(toys.write(tmp_path, save=save))


def test_weights_that_bring_code_are_refused(tmp_path):
    """A Lambda layer runs what it carries when it is loaded; safe mode must say no."""

    def save(path):
        photo = keras.Input((16, 16, 3))
        x = keras.layers.Conv2D(3, 1, name="colours")(photo)
        x = keras.layers.Lambda(lambda maps: maps * 2.0, output_shape=(16, 16, 3))(x)
        keras.Model(photo, keras.layers.GlobalAveragePooling2D()(x)).save(path)

    with pytest.raises(RunError, match="the network cannot be used"):
        Classifier(toys.write(tmp_path, save=save))
