"""The check-list: what is there counts as there, what is missing has a way to add it."""

from model import run
from model.evaluation.checklist import checklist
from tests import toys


def by_name(one):
    return {check.name: check for check in checklist(one)}


def test_a_trained_run_has_what_its_training_writes(tmp_path):
    checks = by_name(toys.write(tmp_path))
    assert checks["Figures on test photos"].text == "30 test photos of 15 lesions."
    assert checks["Training photos are known"].is_there
    assert checks["Threshold for malignant lesions"].text == "Malignant: bcc, mel."
    assert not checks["Covering test"].is_there
    assert "--run toy" in checks["Covering test"].text


def test_lesions_without_an_id_are_counted(tmp_path):
    rows = toys.predictions()
    rows.loc[:4, "lesion_id"] = [f"group_{number}" for number in range(5)]
    check = by_name(toys.write(tmp_path, rows=rows))["Lesions are known"]
    assert not check.is_there
    assert check.text.startswith("5 photos have no lesion id")


def test_a_leak_on_purpose_is_no_secret(tmp_path):
    published = toys.write(tmp_path, protocol=run.AS_PUBLISHED)
    assert by_name(published)["Training photos are known"].text == "As published: its split leaks."


def test_every_item_that_is_missing_says_how_to_add_it(tmp_path):
    bare = toys.write(
        tmp_path, with_network=False, has_novelty=False, calibration={"temperature": 1.0}
    )
    for check in checklist(bare):
        assert check.text
        if not check.is_there:
            assert "python -m train" in check.text or "mport" in check.text or "Give" in check.text
