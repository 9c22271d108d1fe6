import pytest

from model.lesions import KNOWN, agree, code_of, describe, malignant_codes, verdict
from train.data.rendered import PATTERNS
from train.recipes import RECIPES


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("MEL", "mel"),
        ("AKIEC", "akiec"),
        ("nevus", "nv"),
        ("Basal cell carcinoma", "bcc"),
        ("pigmented_benign_keratosis", "bkl"),
        ("  Seborrheic   Keratosis ", "sk"),
        ("Spitz nevus", "spitz_nevus"),
        ("naevus (atypical)", "naevus_atypical"),
        ("родинка", "родинка"),
    ],
)
def test_published_names_and_own_classes_become_codes(label, code):
    assert code_of(label) == code


def test_the_malignant_diagnoses_are_those_the_field_counts():
    assert malignant_codes(sorted(KNOWN)) == ["ak", "akiec", "bcc", "malignant", "mel", "scc"]


def test_an_unknown_code_gets_words_and_no_verdict():
    spitz = describe("spitz_nevus")
    assert spitz.name == "Spitz nevus"
    assert spitz.malignant is None
    assert malignant_codes(["spitz_nevus"]) == []


def test_rendered_patterns_have_names_that_say_so_and_are_never_malignant():
    for pattern in PATTERNS:
        assert describe(pattern).name.startswith("Rendered")
        assert describe(pattern).malignant is None
    assert set(PATTERNS) <= set(KNOWN)


def test_every_recipe_has_a_name_of_its_own():
    assert all(name == recipe.name for name, recipe in RECIPES.items())


def test_the_verdict_counts_what_the_field_counts_as_malignant():
    malignant = {code for code in KNOWN if verdict(code) == "malignant"}
    assert malignant == {"akiec", "ak", "bcc", "mel", "scc", "malignant"}
    assert verdict("nv") == "benign"
    assert verdict("spitz_nevus") is None


def test_codes_agree_where_one_includes_the_other():
    assert agree("ak", "akiec")
    assert agree("bkl", "sk")
    assert agree("mel", "mel")
    assert not agree("ak", "scc")
    assert not agree("sk", "mel")
