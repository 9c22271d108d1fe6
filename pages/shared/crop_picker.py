"""Cropping a photo: the whole of it, the square in its middle, or a box drawn on it."""

import plotly.graph_objects as go
import streamlit as st

from model.heatmaps.overlay import png
from model.photo.crop import centre_square, check, parse, within_photo
from model.photo.decode import PhotoError, resize, within
from pages.shared import charts, session, url_state
from pages.shared.data_url import data_url
from pages.shared.url_state import Parameter

WHOLE, SQUARE, BOX = "Whole photo", "Centre square", "Box"
FIRST_BOX = {"across": (20, 80), "down": (20, 80)}  # per cent
DRAWN_SIDE = 600  # pixels of the picture to draw on
MAX_ASPECT = 2  # times as long as wide: squashed to a square, the lesion loses its shape
OUTSIDE = "rgba(20,20,20,0.6)"
SQUASHED = (
    "What the network sees is more than twice as long as wide, so the lesion is squashed out of "
    "shape. Choose a crop that is nearer to a square."
)


def is_squashed(photo):
    """Whether a photo is so long that it loses its shape in the square that networks see."""
    height, width = photo.height, photo.width
    return max(height, width) > MAX_ASPECT * min(height, width)


def choose_crop(run, photo, key, bar):
    """Let the visitor crop the session's photo, the same way on every page.

    Args:
        run: whose input size is shown.
        photo: whole `pages.shared.session.Photo`.
        key: of the widgets.
        bar: the row that the button stands in.
    Returns:
        `pages.shared.session.Photo`, cropped.
    """
    height, width = photo.height, photo.width
    choice = _choice(photo)
    with bar.popover("Crop", key=f"{key}_cropping"):
        prefix = f"{key}_{photo.digest[:12]}"
        st.session_state.setdefault(f"{prefix}_crop", choice["shape"])
        choice["shape"] = st.segmented_control(
            "What the network sees",
            (WHOLE, SQUARE, BOX),
            required=True,
            key=f"{prefix}_crop",
            help="Networks were trained on photos with one lesion in the middle and skin around "
            "it.",
        )
        if choice["shape"] == BOX:
            _draw_box(photo, prefix, choice)
        crop = {
            WHOLE: lambda: None,
            SQUARE: lambda: centre_square(height, width) if height != width else None,
            BOX: lambda: _box(choice, height, width),
        }[choice["shape"]]()
        url_state.put(Parameter.CROP, crop if photo.sample else None)
        cropped = photo.cropped(crop) if crop else photo
        _show_input(run, cropped)
    if crop:
        st.caption(
            f":material/crop: The answer is for a crop of {crop.width:,} x {crop.height:,} of "
            f"{width:,} x {height:,} pixels. Choose a crop before you look at the answer: it is "
            "easy to find one that gives the answer you want."
        )
    return cropped


def _choice(photo):
    """What was chosen for this photo, here or on another page; a dict to be changed in place."""
    choice = st.session_state.get("crop_choice")
    if choice is None or choice["of"] != photo.digest:
        choice = {"of": photo.digest, "shape": WHOLE, **FIRST_BOX}
        requested = url_state.requested(Parameter.CROP)
        if requested and photo.sample:
            choice |= _requested(requested, photo)
        st.session_state["crop_choice"] = choice
    return choice


def _requested(text, photo):
    height, width = photo.height, photo.width
    try:
        crop = parse(text)
        check(crop, height, width)
    except PhotoError:
        st.warning(
            "The address asks for a crop that this photo does not have: the whole photo is shown."
        )
        return {}
    if crop == centre_square(height, width):
        return {"shape": SQUARE}
    return {
        "shape": BOX,
        "across": (round(100 * crop.left / width), round(100 * crop.right / width)),
        "down": (round(100 * crop.top / height), round(100 * crop.bottom / height)),
    }


def _draw_box(photo, prefix, choice):
    """The photo to draw a box on, and the same box as two sliders, which keys can move."""
    sliders = {name: f"{prefix}_{name}" for name in FIRST_BOX}
    for name, slider in sliders.items():
        st.session_state.setdefault(slider, choice[name])
    chart = f"{prefix}_box"
    st.caption("Draw a box on the photo, or move its edges below it.")
    picture = st.container()
    height, width = photo.height, photo.width
    left, right = st.columns(2)
    choice["across"] = left.slider(
        "Left and right edge", 0, 100, format="%d %%", key=sliders["across"]
    )
    choice["down"] = right.slider(
        "Upper and lower edge", 0, 100, format="%d %%", key=sliders["down"]
    )
    with picture:
        crop = _box(choice, height, width)
        st.plotly_chart(
            box_figure(
                session.keep(photo)("to draw a box on", lambda: _to_draw_on(photo)),
                height / width,
                (100 * crop.left / width, 100 * crop.right / width),
                (100 * crop.top / height, 100 * crop.bottom / height),
            ),
            key=chart,
            on_select=lambda: _take_box(chart),
            selection_mode="box",
            config={"displayModeBar": False, "scrollZoom": False},
            alt="The photo with the box that the network sees; draw another with the mouse",
        )


def _take_box(chart):
    """Move the sliders to the box that was drawn."""
    boxes = st.session_state[chart]["selection"]["box"]
    if not boxes:
        return
    for name, axis in (("across", "x"), ("down", "y")):
        edges = [min(max(round(edge), 0), 100) for edge in boxes[0][axis]]
        st.session_state[chart.removesuffix("box") + name] = (min(edges), max(edges))


def _box(choice, height, width):
    (left, right), (top, bottom) = (
        [edge / 100 for edge in choice[name]] for name in ("across", "down")
    )
    return within_photo(left, top, right, bottom, height, width)


def _to_draw_on(photo):
    return data_url(png(within(photo.display, DRAWN_SIDE)), "png")


def box_figure(picture, tallness, across, down):
    """A photo to draw a box on, dimmed outside the present one; axes in per cent.

    Args:
        picture: its data URL.
        tallness: height / width.
        across, down: edges of the present box, per cent.
    """
    figure = go.Figure()
    figure.add_layout_image(
        source=picture,
        xref="x",
        yref="y",
        x=0,
        y=0,
        sizex=100,
        sizey=100,
        sizing="stretch",
        layer="below",
    )
    # Plotly reports a box only where a trace could have been selected.
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="markers", marker={"opacity": 0}, hoverinfo="skip"
    )
    (left, right), (top, bottom) = across, down
    for x0, x1, y0, y1 in (
        (0, 100, 0, top),
        (0, 100, bottom, 100),
        (0, left, top, bottom),
        (right, 100, top, bottom),
    ):
        figure.add_shape(
            type="rect", x0=x0, x1=x1, y0=y0, y1=y1, fillcolor=OUTSIDE, line={"width": 0}
        )
    figure.add_shape(
        type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": "white", "width": 2}
    )
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    figure.update_xaxes(range=[0, 100], **axis)
    figure.update_yaxes(range=[100, 0], scaleanchor="x", scaleratio=tallness, **axis)
    figure.update_layout(
        dragmode="select",
        height=230,  # so that the sliders below it stay in sight
        showlegend=False,
        margin=dict.fromkeys("lrtb", 0),
        newselection={"line": {"color": charts.COLOURS[0]}},
    )
    return figure


def _show_input(run, photo):
    size = run.card["input"]
    st.image(
        session.picture(
            photo,
            ("seen by", run.card_digest),
            lambda: resize(
                photo.pixels, size["height"], size["width"], size.get("resizing", "bicubic")
            ),
        ),
        width=size["width"],
        alt="The cropped photo at the network's size",
    )
    st.caption(
        f"What {run.title} sees: {size['width']} x {size['height']} pixels, scaled from "
        f"{photo.width:,} x {photo.height:,}."
    )
    if is_squashed(photo):
        st.warning(SQUASHED)
