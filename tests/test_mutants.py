"""The mutants of ten lines, by hand, and which of many are drawn."""

from collections import Counter

from tests.mutants import Mutant, files_testing, mutants, sample

SOURCE = '''\
"""Text -1."""
LIMIT: "1 + 1" = 2.5
@cache(size=3)
def worst(rows: list | None, top=True) -> int | None:
    if rows and LIMIT <= min(rows):
        raise ValueError("no" * 2)
    kept = [-row for row in rows if row % 2]
    if not top:
        return None
    return zip(kept, strict=True, key=1)
'''


def test_every_fault_is_made_once_and_none_in_types_messages_and_decorators():
    found = mutants(SOURCE, "a.py")
    assert [(one.line, one.before, one.after) for one in found] == [
        (2, "2.5", "3.5"),
        (4, "True", "False"),
        (5, "if rows and LIMIT <= min(rows):", "if not (rows and LIMIT <= min(rows)):"),
        (5, "rows and LIMIT <= min(rows)", "rows or LIMIT <= min(rows)"),
        (5, "LIMIT <= min(rows)", "LIMIT < min(rows)"),
        (5, "min", "max"),
        (7, "-row", "row"),
        (7, "for row in rows if row % 2", "for row in rows if not row % 2"),
        (7, "row % 2", "row * 2"),
        (7, "2", "3"),
        (8, "not top", "top"),
        (10, "return zip(kept, strict=True, key=1)", "return None"),
        (10, "zip(kept, strict=True, key=1)", "zip(kept, strict=True)"),
        (10, "1", "2"),
    ]
    assert {one.path for one in found} == {"a.py"}


def test_a_mutant_differs_from_the_module_in_its_own_place_only():
    first, *_ = mutants("a = 1 + 1\nb = 'x'  # y")
    assert str(first) == ":1  1 + 1  ->  1 - 1"
    assert first.source == "a = 1 - 1\nb = 'x'"


def test_of_a_long_line_the_report_shows_where_it_differs():
    call = f"{'x' * 100}(1, key=2)"
    removed = next(one for one in mutants(call) if "key" not in one.source)
    assert (removed.before, removed.after) == (f"{'x' * 28}(1, key=2)", f"{'x' * 28}(1)")


def test_a_sample_has_its_share_of_every_module_and_is_drawn_again_by_its_seed():
    many = [Mutant("a", line, "", "", "") for line in range(60)]
    many += [Mutant("b", line, "", "", "") for line in range(30)]
    drawn = sample(many, 9, seed=3)
    assert Counter(one.path for one in drawn) == {"a": 6, "b": 3}
    assert len(set(drawn)) == 9
    assert drawn == sample(many, 9, seed=3) != sample(many, 9, seed=4)
    assert set(sample(many, 1000, seed=3)) == set(many)


def test_a_module_has_the_tests_of_its_name_or_of_its_entry(tmp_path):
    own = tmp_path / "tests" / "model" / "prediction" / "test_prediction.py"
    own.parent.mkdir(parents=True)
    own.touch()
    found = files_testing(tmp_path, "model/prediction/prediction.py")
    assert found == ("tests/model/prediction/test_prediction.py",)
    elsewhere = files_testing(tmp_path, "model/evaluation/reliability.py")
    assert elsewhere == ("tests/model/evaluation/test_roc.py",)
