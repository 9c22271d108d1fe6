"""A view can be shared by its address; a photo of one's own never stands in it."""

import pytest

from model import run
from pages.shared.photo_picker import GONE
from pages.shared.url_state import Parameter
from tests import toys
from tests.pages.driver import model_choice, texts, upload, upload_several, visit


@pytest.fixture(autouse=True)
def several(tmp_path, monkeypatch):
    for name in ("one", "two", "three"):
        toys.write(tmp_path, name)
    monkeypatch.setattr(run, "default_folders", lambda: [tmp_path])


def asked(app, name):
    values = app.query_params.get(name)
    return values[0] if isinstance(values, list) else values


def go(app, **asked_for):
    """Back or Forward to an address of this page."""
    app.query_params.clear()
    for name, value in ({"run": chosen_run(app)} | asked_for).items():
        if value is not None:
            app.query_params[name] = value
    return app.run()


def chosen_run(app):
    return next(box.value for box in app.selectbox if box.label == "Model")


def test_the_address_names_the_run_and_the_sample_and_a_visit_opens_them():
    app = visit("explain", run="two", sample="even")
    assert not app.exception
    assert chosen_run(app) == "two"
    assert app.session_state["photo"].name == "even.jpg"
    assert ", peak " in texts(app)


def test_a_choice_goes_into_the_address():
    app = visit("classify")
    model_choice(app).set_value("two").run()
    next(button for button in app.button if button.label == "Ragged").click().run()
    assert asked(app, "run") == "two"
    assert asked(app, "sample") == "ragged"


def test_an_upload_takes_the_sample_out_of_the_address_and_leaves_no_trace_itself():
    app = visit("classify", sample="even")
    app = upload(app, toys.encoded(toys.flat((255, 0, 0))), name="my arm.png")
    assert asked(app, "sample") is None
    assert "arm" not in str(app.query_params)


def test_the_run_stays_while_pages_change():
    app = visit("classify", run="three")
    app.switch_page("pages/training/page.py").run()
    assert chosen_run(app) == "three"


def test_an_address_that_asks_for_nothing_there_is_says_so_and_opens_all_the_same():
    app = visit("classify", run="nope", sample="nope")
    assert not app.exception
    assert "The address asks for run `nope`, which is not available here." in texts(app)
    assert chosen_run(app) in ("one", "two", "three")


def test_views_and_runs_of_compare_can_be_shared():
    app = visit("compare", view="Two runs", first_run="three", second_run="one")
    assert not app.exception
    assert [box.value for box in app.selectbox[:2]] == ["three", "one"]
    # By hand: the view as it is called on screen, and the run as other pages name it.
    app = visit("compare", view="Two models", run="three")
    assert not app.exception
    assert app.segmented_control(key="compare_view").value == "Two runs"
    assert [box.value for box in app.selectbox[:2]] == ["three", "one"]
    assert asked(app, "view") == "Two runs"
    assert "asks for" not in texts(app)
    app = visit("compare", view="Several runs", runs="two,three,nope")
    assert app.multiselect[0].value == ["two", "three"]
    app.multiselect[0].set_value(["one"]).run()
    assert asked(app, "runs") == "one"


def test_what_is_chosen_on_training_and_explain_is_in_the_address_and_opens_again():
    app = visit("training", view="Results", split="validation")
    assert app.segmented_control(key="training_split_one").value == "validation"
    app.segmented_control(key="training_split_one").set_value("train").run()
    assert asked(app, "split") == "train"
    app = visit("explain", sample="even", diagnoses="mel", methods="grad_cam,smooth_grad")
    assert not app.exception
    assert {box.label: box.value for box in app.multiselect} == {
        "Diagnoses": ["mel"],
        "Methods": ["grad_cam", "smooth_grad"],
    }
    app.multiselect(key="explain_methods").set_value(["layer_cam"]).run()
    assert asked(app, "methods") == "layer_cam"


def test_what_was_looked_for_in_a_photo_of_one_s_own_is_not_in_the_address():
    app = upload(visit("explain"), toys.encoded(toys.flat((255, 0, 0))))
    assert not app.exception
    assert asked(app, "diagnoses") is None
    assert asked(app, "sample") is None


def test_compare_s_metric_is_in_the_address():
    app = visit("compare", view="Several runs", metric="macro_f1")
    assert app.segmented_control(key="compare_metric").value == "macro_f1"


def test_what_the_app_itself_wrote_for_one_run_is_not_asked_of_the_next(tmp_path):
    others = ("akiec", "bkl", "df")
    toys.write(tmp_path, "other", others, save=toys.network(others).save)
    app = visit("explain", run="one", sample="even", diagnoses="mel")
    assert app.multiselect[0].value == ["mel"]
    app.selectbox(key="explain_run").set_value("other").run()
    assert not app.exception
    assert "The address asks" not in texts(app)
    app = visit("training", view="Results", run="one", true="mel")
    app.selectbox(key="training_run").set_value("other").run()
    assert "The address asks" not in texts(app)
    app = visit("about", run="one")
    app.selectbox(key="about_run").set_value("other").run()
    assert "The address asks" not in texts(app)
    app = visit("compare", view="Several runs", metric="macro_f1")
    app.segmented_control(key="compare_view").set_value("Leak meter").run()
    assert "The address asks" not in texts(app)


def test_a_link_in_the_address_is_shown_as_text(tmp_path):
    app = visit("about", run="![x](http://evil.example/p.png)`[in](http://evil.example)")
    (warning,) = [element.value for element in app.warning]
    assert warning.count("`") == 2
    assert "`![x](http://evil.example/p.png)" in warning


def test_one_name_twice_counts_once():
    app = visit("compare", view="One photo", networks="one,one")
    assert app.multiselect(key="compare_networks").value == ["one"]


def test_a_sample_that_was_chosen_on_another_page_is_in_the_address_there(tmp_path):
    app = visit("classify", sample="even")
    app.switch_page("pages/explain/page.py").run()
    assert asked(app, "sample") == "even"


def test_the_diagnosis_whose_map_is_shown_is_in_the_address_of_a_sample_only():
    app = visit("classify", sample="even", shows="mel")
    picker = next(box for box in app.selectbox if box.label == "Heat map of")
    assert picker.value == "mel"
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))))
    next(box for box in app.selectbox if box.label == "Heat map of").set_value("mel").run()
    assert not app.exception
    assert asked(app, "shows") is None


def test_a_map_s_strength_and_the_two_sides_of_why_not_can_be_shared():
    app = visit("explain", sample="even", strength="35", why="mel", and_not="nv")
    assert not app.exception
    assert app.session_state["explain_opacity_linked"] == 35
    assert [box.value for box in app.selectbox if box.label in ("Why", "And not")] == ["mel", "nv"]


def test_which_map_is_tested_can_be_shared_of_a_sample():
    app = visit("explain", sample="even", tested="layer_cam:bcc")
    picker = next(box for box in app.selectbox if box.label == "Heat map")
    assert picker.value == "layer_cam:bcc"
    app = upload(visit("explain"), toys.encoded(toys.flat((255, 200, 200))))
    picker = next(box for box in app.selectbox if box.label == "Heat map")
    picker.set_value("layer_cam:bcc").run()
    assert not app.exception
    assert asked(app, "tested") is None


def test_curves_and_matrix_of_training_can_be_shared():
    app = visit("training", run="one", view="Learning curves", curves="one:1,two:1")
    assert app.multiselect(key="training_curves_one").value == ["one:1", "two:1"]
    app = visit("training", run="one", view="Results", shares="True")
    assert app.toggle(key="training_by_row").value is True
    app.toggle(key="training_by_row").set_value(False).run()
    assert asked(app, "shares") is None
    app = visit("training", run="one", view="Thresholds", threshold="nope")
    assert "The address asks for threshold `nope`" in texts(app)


def test_a_choice_outlives_another_view_and_another_page():
    app = visit("compare", view="Several runs")
    app.segmented_control(key="compare_metric").set_value("macro_f1").run()
    app.segmented_control(key="compare_view").set_value("Leak meter").run()
    app.segmented_control(key="compare_view").set_value("Several runs").run()
    assert app.segmented_control(key="compare_metric").value == "macro_f1"
    app.switch_page("pages/about/page.py").run()
    app.switch_page("pages/compare/page.py").run()
    assert app.segmented_control(key="compare_view").value == "Several runs"
    assert app.segmented_control(key="compare_metric").value == "macro_f1"


def test_a_choice_that_is_no_longer_to_be_had_gives_way(tmp_path):
    app = visit("compare", view="Several runs", runs="one,two")
    (tmp_path / "two" / "card.json").unlink()
    app.run()
    assert not app.exception
    assert "two" not in app.multiselect(key="compare_runs").value


def test_a_link_that_asks_for_too_many_gets_as_many_as_there_may_be(tmp_path):
    for number in range(7):
        toys.write(tmp_path, f"more{number}", with_network=False)
    names = [f"more{number}:1" for number in range(7)]
    app = visit("training", run="one", view="Learning curves", curves=",".join(names))
    assert not app.exception
    assert app.multiselect[0].value == names[:6]
    app.switch_page("pages/about/page.py").run()
    app.switch_page("pages/training/page.py").run()
    assert not app.exception


@pytest.mark.parametrize("page", ["classify", "explain", "training", "compare", "learn", "about"])
def test_a_crafted_address_breaks_no_page(page):
    nonsense = dict.fromkeys(map(str, Parameter), "61,`,;<b>x</b>" * 40)
    app = visit(page, **nonsense | {"run": "one", "sample": "even"})
    assert not app.exception


def test_an_upload_takes_every_choice_about_the_sample_out_of_the_address():
    app = visit("explain", sample="even", why="mel", and_not="nv", tested="layer_cam:bcc")
    assert asked(app, "why") == "mel"
    app = upload(app, toys.encoded(toys.flat((0, 0, 0))))  # its maps are empty
    assert not app.exception
    for name in ("sample", "why", "and_not", "tested", "diagnoses"):
        assert asked(app, name) is None, name
    app = visit("classify", sample="even", shows="mel")
    photo = ("a.png", toys.encoded(toys.flat((0, 0, 0))), "image/png")
    app = upload_several(app, photo, photo)
    assert asked(app, "shows") is None


def test_a_run_without_a_network_is_stood_in_for_and_comes_back(tmp_path):
    toys.write(tmp_path, "results", with_network=False)
    app = visit("training", run="results")
    app.switch_page("pages/classify/page.py").run()
    assert chosen_run(app) == "one"
    assert "Toy results · results only, chosen before, has no network here" in texts(app)
    app.switch_page("pages/training/page.py").run()
    assert chosen_run(app) == "results"
    app.switch_page("pages/classify/page.py").run()
    app.selectbox(key="classify_run").set_value("two").run()
    app.switch_page("pages/training/page.py").run()
    assert chosen_run(app) == "two"
    app = visit("classify", run="results")  # a link to it
    assert "has no network here" in texts(app)
    assert "not available" not in texts(app)


def test_the_names_in_the_url_are_those_of_old_links():
    names = """view run strength curves networks runs fold split true answered shares threshold
        tested why and_not shows diagnoses methods layer map_of malignant_of_100 frame recall_of
        metric curve heat_maps_of photos measure first_run second_run sample step one_scale
        confirmed_by experiment other_run own mix list planted nearest again
        their_maps"""
    assert set(map(str, Parameter)) == set(names.split())


def test_an_address_whose_photo_is_gone_says_so_until_another_is_chosen():
    """After a reload, or on the server that took the place of one that ended."""
    app = visit("classify", own="1")
    assert [error.value for error in app.error] == [GONE]
    assert [error.value for error in app.run().error] == [GONE]
    app = upload(app, toys.encoded(toys.flat((255, 0, 0))), "own.png")
    assert not app.error


def test_back_and_forward_find_the_visitor_s_own_photos():
    app = upload(visit("classify"), toys.encoded(toys.flat((255, 0, 0))), "own.png")
    own = app.session_state["photo"]
    assert (asked(app, "own"), asked(app, "sample")) == ("1", None)
    next(button for button in app.button if button.label == "Even").click().run()
    assert (asked(app, "own"), asked(app, "sample")) == (None, "even")
    app = go(app, own="1")  # Back
    assert app.session_state["photo"].digest == own.digest
    assert (asked(app, "own"), asked(app, "sample")) == ("1", None)
    app = go(app)  # Back to where there was none
    assert "photo" not in app.session_state
    assert asked(app, "own") is None
    app = go(app, own="1")  # Forward
    assert app.session_state["photo"].digest == own.digest
    assert app.session_state["photo"].name == "own.png"
    app = go(app, own="7")  # of another session
    assert not app.exception
    assert "asks for" not in texts(app)
    app = go(app, own="no number")
    assert not app.exception
    next(button for button in app.button if button.label == "Remove").click().run()
    assert "photo" not in app.session_state
    assert "own_photos" not in app.session_state
    app = upload(app, toys.encoded(toys.flat((0, 255, 0))), "another.png")
    assert asked(app, "own") == "2"  # no address ever means another photo


def test_no_more_than_three_photos_are_kept():
    app = visit("classify")
    for level in range(5):
        app = upload(app, toys.encoded(toys.flat((50 * level, 0, 0))), f"{level}.png")
    assert list(app.session_state["own_photos"]) == [3, 4, 5]
    assert asked(app, "own") == "5"
    app = go(app, own="1")  # gone: what is shown stays
    assert app.session_state["photo"].number == 5


def test_back_to_an_address_that_asks_for_nothing_is_obeyed_and_a_change_of_page_is_not():
    app = visit("classify")
    next(button for button in app.button if button.label == "Even").click().run()
    app.switch_page("pages/explain/page.py").run()  # empties the address
    assert app.session_state["photo"].sample == "even"
    app.switch_page("pages/classify/page.py").run()
    assert app.session_state["photo"].sample == "even"
    app = go(app, run=None)  # Back to where the visit began
    assert "photo" not in app.session_state


def test_a_page_that_stops_early_writes_its_url():
    app = visit("compare", view="Several runs")
    app.multiselect[0].set_value([]).run()
    assert "Choose at least one model." in texts(app)
    assert asked(app, "view") == "Several runs"
    assert asked(app, "runs") is None


def test_a_sample_there_is_not_is_named():
    assert "The address asks for sample `nope`" in texts(visit("classify", sample="nope"))


def test_a_view_s_address_holds_nothing_of_another_view_and_a_link_waits_for_its_widget():
    app = visit("compare", view="Several runs", runs="two,one", metric="macro_f1")
    app.segmented_control(key="compare_view").set_value("Leak meter").run()
    assert set(app.query_params) == {"view"}
    app.segmented_control(key="compare_view").set_value("Several runs").run()
    assert asked(app, "runs") == "two,one"  # chosen before
    app = visit("explain", methods="smooth_grad")
    app.run()
    assert asked(app, "methods") == "smooth_grad"  # no widget yet: there is no photo
    app = upload(app, toys.encoded(toys.flat((255, 0, 0))))
    assert app.multiselect(key="explain_methods").value == ["smooth_grad"]


def test_back_in_the_browser_is_obeyed_and_what_is_chosen_is_not_undone():
    app = visit("training", run="one", view="Settings")
    app.segmented_control(key="training_view").set_value("Calibration").run()
    assert asked(app, "view") == "Calibration"
    app.query_params["view"] = "Settings"  # Back
    app.run()
    assert app.segmented_control(key="training_view").value == "Settings"
    del app.query_params["view"]  # Back once more
    app.run()
    assert app.segmented_control(key="training_view").value == "Where it is weak"
    app.query_params["view"] = "Settings"  # an address that lags behind a click
    app.segmented_control(key="training_view").set_value("Calibration").run()
    assert app.segmented_control(key="training_view").value == "Calibration"
