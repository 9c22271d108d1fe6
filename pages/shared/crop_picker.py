"""Framing a photo: the whole of it, the square in its middle, or a box drawn on it."""

import base64

import plotly.graph_objects as go
import streamlit as st

from model.heatmaps.overlay import png
from model.photo.crop import centre_square, crop, parse, within_photo
from model.photo.decode import PhotoError, resize, within
from pages.shared import charts, session, url_state
from pages.shared.url_state import Parameter

WHOLE, SQUARE, BOX = "Whole photo", "Centre square", "Box"
FIRST_BOX = {"across": (20, 80), "down": (20, 80)}  # per cent
DRAWN_SIDE = 600  # pixels of the picture to draw on
TOO_LONG = 2  # times as long as wide: squashed to a square, the lesion loses its shape
EXTERNAL = "rgba(20,20,20,0.6)"


def framed(run, photo, key):
    """Let the visitor frame the session's photo, the same way on every page.

    Args:
        run: whose input size is shown.
        photo: whole `pages.shared.session.Photo`.
        key: of the widgets.
    Returns:
        `pages.shared.session.Photo`, framed.
    """
    height, width = photo.pixels.shape[:2]
    wanted = _wanted(photo)
    with st.popover(
        "Frame the photo", icon=":material/crop:", key=f"{key}_framing", width="stretch"
    ):
        mine = f"{key}_{photo.digest[:12]}"
        st.session_state.setdefault(f"{mine}_frame", wanted["choice"])
        wanted["choice"] = st.segmented_control(
            "What the network is to look at",
            (WHOLE, SQUARE, BOX),
            required=True,
            key=f"{mine}_frame",
            help="Networks have learned photos with one lesion in the middle and skin around it.",
        )
        if wanted["choice"] == BOX:
            _draw(photo, mine, wanted)
        chosen = {
            WHOLE: lambda: None,
            SQUARE: lambda: centre_square(height, width),
            BOX: lambda: _box(wanted, height, width),
        }[wanted["choice"]]()
        url_state.put(Parameter.CROP, str(chosen) if photo.is_rendered and chosen else None)
        seen = session.cropped(photo, chosen)
        _show_seen(run, seen)
    if chosen:
        (height, width), (part_height, part_width) = (one.pixels.shape[:2] for one in (photo, seen))
        st.caption(
            f":material/crop: The answer is for a frame of {part_width:,} x {part_height:,} of "
            f"{width:,} x {height:,} pixels. Choose a frame before you look at the answer: one "
            "that pleases is easily found."
        )
    return seen


def _wanted(photo):
    """What was chosen for this photo, here or on another page; a dict to be changed in place."""
    kept = st.session_state.get("wanted_frame")
    if kept is None or kept["of"] != photo.digest:
        kept = {"of": photo.digest, "choice": WHOLE, **FIRST_BOX}
        requested = url_state.requested(Parameter.CROP)
        if requested and photo.is_rendered:
            kept |= _requested(requested, photo)
        st.session_state["wanted_frame"] = kept
    return kept


def _requested(text, photo):
    height, width = photo.pixels.shape[:2]
    try:
        frame = parse(text)
        crop(photo.pixels, frame)
    except PhotoError:
        st.warning(
            "The address asks for a frame that this picture does not have: all of it is shown."
        )
        return {}
    if frame == centre_square(height, width):
        return {"choice": SQUARE}
    return {
        "choice": BOX,
        "across": (round(100 * frame.left / width), round(100 * frame.right / width)),
        "down": (round(100 * frame.top / height), round(100 * frame.bottom / height)),
    }


def _draw(photo, mine, wanted):
    """The photo to draw a box on, and the same box as two sliders, which keys can move."""
    sliders = {name: f"{mine}_{name}" for name in FIRST_BOX}
    for name, slider in sliders.items():
        st.session_state.setdefault(slider, wanted[name])
    chart = f"{mine}_box"
    st.caption("Draw a box on the photo, or move its edges below it.")
    place = st.container()
    height, width = photo.pixels.shape[:2]
    left, right = st.columns(2)
    wanted["across"] = left.slider(
        "Left and right edge", 0, 100, format="%d %%", key=sliders["across"]
    )
    wanted["down"] = right.slider(
        "Upper and lower edge", 0, 100, format="%d %%", key=sliders["down"]
    )
    with place:
        frame = _box(wanted, height, width)
        st.plotly_chart(
            figure(
                photo.display,
                (100 * frame.left / width, 100 * frame.right / width),
                (100 * frame.top / height, 100 * frame.bottom / height),
            ),
            key=chart,
            on_select=lambda: _take_box(chart),
            selection_mode="box",
            config={"displayModeBar": False, "scrollZoom": False},
            alt="The photo with the box that is looked at; draw another with the mouse",
        )


def _take_box(chart):
    """Move the sliders to the box that was drawn."""
    boxes = st.session_state[chart]["selection"]["box"]
    if not boxes:
        return
    for name, axis in (("across", "x"), ("down", "y")):
        edges = [min(max(round(edge), 0), 100) for edge in boxes[0][axis]]
        st.session_state[chart.removesuffix("box") + name] = (min(edges), max(edges))


def _box(wanted, height, width):
    (left, right), (top, bottom) = (
        [edge / 100 for edge in wanted[name]] for name in ("across", "down")
    )
    return within_photo(left, top, right, bottom, height, width)


def figure(photo, across, down):
    """A photo to draw a box on, dimmed outside the present one; axes in per cent.

    Args:
        photo: (any, any, 3) uint8, RGB.
        across, down: edges of the present box, per cent.
    """
    small = within(photo, DRAWN_SIDE)
    height, width = small.shape[:2]
    built = go.Figure()
    built.add_layout_image(
        source=f"data:image/png;base64,{base64.b64encode(png(small)).decode()}",
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
    built.add_scatter(
        x=[0, 100], y=[0, 100], mode="markers", marker={"opacity": 0}, hoverinfo="skip"
    )
    (left, right), (top, bottom) = across, down
    for x0, x1, y0, y1 in (
        (0, 100, 0, top),
        (0, 100, bottom, 100),
        (0, left, top, bottom),
        (right, 100, top, bottom),
    ):
        built.add_shape(
            type="rect", x0=x0, x1=x1, y0=y0, y1=y1, fillcolor=EXTERNAL, line={"width": 0}
        )
    built.add_shape(
        type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": "white", "width": 2}
    )
    axis = {"visible": False, "fixedrange": True, "constrain": "domain"}
    built.update_xaxes(range=[0, 100], **axis)
    built.update_yaxes(range=[100, 0], scaleanchor="x", scaleratio=height / width, **axis)
    built.update_layout(
        dragmode="select",
        height=230,  # the edges below it are to be in sight, too
        showlegend=False,
        margin=dict.fromkeys("lrtb", 0),
        newselection={"line": {"color": charts.COLOURS[0]}},
    )
    return built


def _show_seen(run, photo):
    size = run.card["input"]
    height, width = photo.pixels.shape[:2]
    st.image(
        resize(photo.pixels, size["height"], size["width"]),
        width=size["width"],
        alt="The framed photo at the network's size",
    )
    st.caption(
        f"What {run.title} sees: {size['width']} x {size['height']} pixels, made of {width:,} x "
        f"{height:,}."
    )
    if max(height, width) > TOO_LONG * min(height, width):
        st.warning(
            "This frame is more than twice as long as wide, so the lesion is squashed out of "
            "shape. Choose one that is nearer to a square."
        )
