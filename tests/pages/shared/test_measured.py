"""What was measured about a run, in sentences."""

from model.evaluation.differences import Figure
from model.evaluation.malignancy import malignancy
from model.evaluation.tables import signed
from pages.shared import measured
from tests import toys


def test_histology_is_held_against_all_photos_by_the_interval_of_the_difference(tmp_path):
    rows = toys.predictions()
    rows["confirmed_by"] = "histo"
    rows.loc[rows.index[rows["diagnosis"] == "nv"][::2], "confirmed_by"] = "consensus"
    toy = toys.write(tmp_path, rows=rows, with_network=False)
    said = measured.by_histology(toy)
    every, confirmed = malignancy(toy)
    of_area, of_specificity = (
        signed(confirmed.differences[figure])
        for figure in (Figure.MALIGNANT_AUC, Figure.SPECIFICITY)
    )
    assert (
        f"is {confirmed.area}, against {every.area} on all test photos, a difference of {of_area}."
    ) in said
    assert f"below it, a difference of {of_specificity} from the share on all test photos." in said


def test_without_another_reference_standard_nothing_is_held_against_it(tmp_path):
    assert measured.by_histology(toys.write(tmp_path, with_network=False)) == ""
