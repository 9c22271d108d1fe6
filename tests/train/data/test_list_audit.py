"""Lists of photos that somebody published: what they share, counted by hand."""

import time

import numpy as np
import pandas as pd
import pytest

from train.__main__ import main
from train.data import list_audit
from train.data.duplicates import SAME_LESION
from train.data.list_audit import audit_lists, read_lists, read_metadata
from train.data.readers import DataError
from train.reports import leak_certificate

KNOWN = pd.DataFrame(
    {
        "lesion_id": ["L1", "L1", "L2", "L3", "L3", "L4", "L5", "L6"],
        "image_id": list("abcdefgh"),
        "dx": ["mel", "mel", "nv", "nv", "nv", "bcc", "nv", "mel"],
        "dx_type": ["histo", "histo", "follow_up", "histo", "histo", "histo", "consensus", "histo"],
    }
)
# a and b show L1, d and e show L3: b straddles, and so does the copy of d.
LISTED = pd.DataFrame(
    {
        "image": ["x/a.jpg", "c.jpg", "d", "f", "b.png", "d_flipped", "g", "h", "zzz"],
        "split": ["train", "train", "train", "val", "test", "test", "test", "test", "test"],
        "label": ["mel", "nv", "nv", "bcc", "nv", "nv", "nv", "mel", "nv"],
        "p_mel": [1, 0, 0, 0, 0.1, 0.2, 0.6, 0.9, 0.5],
        "p_nv": [0, 1, 1, 0, 0.9, 0.8, 0.4, 0.1, 0.5],
    }
)


@pytest.fixture
def metadata(tmp_path):
    path = tmp_path / "metadata.csv"
    KNOWN.to_csv(path, index=False)
    return path


def written(folder, table, name="listed.csv", **settings):
    path = folder / name
    table.to_csv(path, index=False, **settings)
    return path


@pytest.fixture
def audit(tmp_path, metadata):
    return audit_lists(read_lists(written(tmp_path, LISTED)), read_metadata(metadata))


def test_what_straddles_is_counted(audit):
    assert audit.num_photos == {"train": 3, "validation": 1, "test": 5}
    assert audit.num_copies == {"test": 1}
    assert audit.num_unknown == {"test": 1}
    assert audit.repeated.empty
    assert audit.straddling.to_numpy().tolist() == [["L1", 1, 0, 1], ["L3", 1, 0, 1]]
    assert audit.met.to_numpy().tolist() == [["b", "L1", ["a"]], ["d_flipped", "L3", ["d"]]]
    assert audit.num_joined == 0
    assert audit.has_leak


def test_labels_and_how_they_were_confirmed_are_held_against_the_metadata(audit):
    assert audit.contradicted.to_numpy().tolist() == [["b", "nv", "mel"]]
    assert audit.confirmed.loc["histo"].to_dict() == {"test": 3, "train": 2, "validation": 1}


def test_figures_are_those_of_the_photos_met_and_of_the_others(audit):
    assert {name: figure.num_photos for name, figure in audit.figures.items()} == {
        "all": 5,
        "met": 2,
        "others": 3,
    }
    # By the list's own labels: b and d_flipped are right; of g, h and zzz, h is (zzz ties for mel).
    assert audit.figures["met"].accuracy.value == 1
    assert audit.figures["others"].accuracy.value == pytest.approx(1 / 3)


def test_without_labels_the_truth_is_that_of_the_metadata(tmp_path, metadata):
    path = written(tmp_path, LISTED.drop(columns="label"))
    audit = audit_lists(read_lists(path), read_metadata(metadata))
    assert audit.contradicted.empty
    assert audit.figures["met"].accuracy.value == 0.5  # b is melanoma, and was called nevus
    assert audit.figures["all"].num_photos == 4  # nobody knows what zzz is


def test_two_lists_of_ids_are_enough_and_one_id_in_both_is_named(tmp_path, metadata):
    train, test = tmp_path / "train.txt", tmp_path / "test.txt"
    train.write_text("a\nc\nd\n")
    test.write_text("a\ng\n")
    audit = audit_lists(read_lists(test, train), read_metadata(metadata))
    assert audit.num_photos == {"train": 3, "test": 2}
    assert audit.repeated.to_numpy().tolist() == [["a", "train, test"]]
    assert audit.met["image_id"].tolist() == ["a"]
    assert audit.figures == {}


def test_honest_lists_are_called_so(tmp_path, metadata):
    path = written(tmp_path, LISTED[LISTED["image"].isin(["x/a.jpg", "c.jpg", "g", "h"])])
    audit = audit_lists(read_lists(path), read_metadata(metadata))
    assert not audit.has_leak
    assert (
        leak_certificate.verdict(audit) == "No leak was found: no lesion is in more than one part."
    )
    assert "No lesion is in more than one part." in leak_certificate.sentences(audit)


def test_lesions_with_two_ids_are_joined(tmp_path):
    one, other = pd.read_csv(SAME_LESION).iloc[0]
    known = pd.DataFrame({"image_id": [one, other, "x"], "lesion_id": ["A", "B", "C"]})
    listed = pd.DataFrame({"image_id": [one, other, "x"], "split": ["train", "test", "test"]})
    audit = audit_lists(
        read_lists(written(tmp_path, listed)), read_metadata(written(tmp_path, known, "known.csv"))
    )
    assert (len(audit.straddling), audit.num_joined) == (1, 1)
    assert audit.met["image_id"].tolist() == [other]
    # Where one of the two ids straddles by itself, the join explains nothing.
    known.loc[2, "lesion_id"] = "A"
    audit = audit_lists(
        read_lists(written(tmp_path, listed)), read_metadata(written(tmp_path, known, "known.csv"))
    )
    assert (len(audit.straddling), audit.num_joined) == (1, 0)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (LISTED.drop(columns="split"), "does not say which part a photo belongs to"),
        (LISTED.assign(split="test"), "has the parts test; train and test are needed"),
        (LISTED.assign(split="holdout"), "names the part 'holdout'. Parts are train,"),
        (LISTED.drop(columns="image"), "a column image_id is needed"),
        (LISTED.iloc[:0], "and 0 rows"),
        (LISTED.assign(fold=range(9)), "holds 9 folds"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path, table, sentence):
    with pytest.raises(DataError, match=sentence):
        read_lists(written(tmp_path, table))


def test_files_and_metadata_that_cannot_be_used_say_why(tmp_path, metadata):
    with pytest.raises(DataError, match="There is no file"):
        read_lists(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    for name in ("empty.csv", "binary.csv"):
        with pytest.raises(DataError, match="is empty or no table of text"):
            read_lists(tmp_path / name)
    with pytest.raises(DataError, match="image_id and lesion_id are needed"):
        read_metadata(written(tmp_path, KNOWN.drop(columns="lesion_id"), "other.csv"))
    strangers = LISTED.assign(image=[f"s{number}" for number in range(len(LISTED))])
    with pytest.raises(DataError, match="knows none of the 9 photos, the first of which is 's0'"):
        audit_lists(read_lists(written(tmp_path, strangers)), read_metadata(metadata))


def test_the_command_writes_a_certificate_that_holds_all_it_needs(tmp_path, metadata, capsys):
    listed = written(tmp_path, LISTED.replace("zzz", "<script>alert(1)</script>"))
    html = tmp_path / "certificate.html"
    ask = ["audit", "--predictions", str(listed), "--metadata", str(metadata)]
    assert main([*ask, "--certificate", str(html)]) == 0
    said = capsys.readouterr().out
    assert "These lists leak." in said
    assert "2 lesions are in more than one part." in said
    assert "Of 5 test photos, 2 (40 %) show a lesion that is in training, too." in said
    assert "1 label is contradicted by the metadata." in said
    page = html.read_text("utf-8")
    assert "<h1>These lists leak.</h1>" in page
    assert "<script>" not in page
    assert "src=" not in page
    assert "href=" not in page
    assert list_audit.SAME_LESION.name in page
    from model.run import sha256

    for path in (listed, metadata, SAME_LESION):
        assert sha256(path) in page
    assert str(tmp_path) not in page
    assert main([*ask, "--certificate", str(tmp_path / "none" / "x.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_one_thing_is_audited_and_lists_need_metadata(tmp_path, capsys):
    assert main(["audit"]) == 2
    assert "Give one thing to audit" in capsys.readouterr().err
    assert main(["audit", "--predictions", "a.csv", "--data", "b"]) == 2
    assert main(["audit", "--predictions", "a.csv"]) == 2
    assert "Give the metadata of the data set with --metadata" in capsys.readouterr().err


def test_ten_thousand_rows_take_seconds(tmp_path):
    number = 10_000
    draw = np.random.default_rng(0)
    ids = [f"P_{index:05d}" for index in range(number)]
    known = pd.DataFrame({"image_id": ids, "lesion_id": draw.integers(0, 7000, number).astype(str)})
    parts = draw.choice(["train", "test"], number)
    started = time.monotonic()
    audit = audit_lists(
        read_lists(written(tmp_path, pd.DataFrame({"image_id": ids, "split": parts}))),
        read_metadata(written(tmp_path, known, "known.csv")),
    )
    assert time.monotonic() - started < 10
    by_hand = known.assign(part=parts).groupby("lesion_id")["part"].nunique()
    assert len(audit.straddling) == (by_hand > 1).sum()
