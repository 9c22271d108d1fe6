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
    assert checks["Covering test"].command == (
        "python -m train explain-report --run toy --runs DIR --data DIR --only covering"
    )


def test_lesions_without_an_id_are_counted(tmp_path):
    rows = toys.predictions()
    rows.loc[:4, "lesion_id"] = [f"group_{number}" for number in range(5)]
    check = by_name(toys.write(tmp_path, rows=rows))["Lesions are known"]
    assert not check.is_there
    assert check.text.startswith("5 of all its photos have no lesion id")


def test_a_leak_on_purpose_is_no_secret(tmp_path):
    published = toys.write(tmp_path, protocol=run.AS_PUBLISHED)
    assert by_name(published)["Training photos are known"].text == "As published: its split leaks."


def test_a_command_is_named_only_where_it_would_work(tmp_path):
    bare = toys.write(
        tmp_path, with_network=False, has_novelty=False, calibration={"temperature": 1.0}
    )
    commands = [check.command for check in checklist(bare) if check.command]
    assert commands == ["python -m train ledger toy --runs DIR --begin"]
    for check in checklist(bare):
        assert check.text
        if check.is_there:
            assert not check.command
