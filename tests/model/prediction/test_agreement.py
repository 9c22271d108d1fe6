"""Where runs disagree about one photo."""

from model.prediction.agreement import agreement


def test_who_says_what_the_most_first():
    opinions = agreement({"a": "mel", "b": "nv", "c": "nv", "d": "bkl"})
    assert opinions.verdicts == {"benign": ("b", "c", "d"), "malignant": ("a",)}
    assert opinions.diagnoses == {"nv": ("b", "c"), "mel": ("a",), "bkl": ("d",)}
    assert not opinions.same_verdict
    assert not opinions.same_diagnosis


def test_a_run_of_verdicts_names_no_diagnosis_and_does_not_contradict_one():
    opinions = agreement({"a": "nv", "b": "benign"})
    assert opinions.verdicts == {"benign": ("a", "b")}
    assert opinions.diagnoses == {"nv": ("a",)}
    assert opinions.same_verdict
    assert opinions.same_diagnosis
    assert not agreement({"a": "nv", "b": "malignant"}).same_verdict


def test_codes_that_can_stand_for_one_diagnosis_agree():
    assert agreement({"a": "bkl", "b": "sk"}).same_diagnosis
    assert not agreement({"a": "bkl", "b": "sk", "c": "nv"}).same_diagnosis


def test_a_code_without_a_verdict_stands_in_none():
    opinions = agreement({"a": "spitz_nevus", "b": "nv"})
    assert opinions.verdicts == {"benign": ("b",)}
    assert opinions.same_verdict
    assert not opinions.same_diagnosis


def test_nobody_disagrees_with_nobody():
    opinions = agreement({})
    assert opinions.same_verdict
    assert opinions.same_diagnosis
