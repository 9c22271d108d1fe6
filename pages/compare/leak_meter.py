"""The leak meter: every published recipe, split as published and split honestly."""

import plotly.graph_objects as go
import streamlit as st

from model.evaluation import tables as figures
from model.evaluation.bootstrap import NUM_RESAMPLES
from model.evaluation.run_sentences import gap_explanation, paired_sentence, percent
from pages.compare import injections
from pages.shared import cache, charts, choices, tables
from pages.shared.url_state import Parameter

NUMBERS = 1.03  # where the bars' numbers stand: beside a bar they meet lines and diamonds
LINE = 0.03  # of the scale of `slopes`: as high as a line of text
METRICS = {"accuracy": "Accuracy", "balanced_accuracy": "Balanced accuracy"}


def show():
    """Draw the chart, the reasons and the table."""
    injections.show()
    runs = choices.usable().values()
    with st.spinner("Recomputing the figures of every model from its predictions", show_time=True):
        pairs = cache.pairs(runs)
    if not pairs:
        st.info(
            "There is nothing to compare yet. Train a recipe under both protocols: "
            "`python -m train run demo`, then the same command with `--protocol as-published`."
        )
        return
    paired = [pair for pair in pairs if pair.paired]
    if paired:
        _same_photos(paired)
    st.markdown(
        "**As published**: the split is by image, or by the folders the data came in. Photos of "
        "one lesion, copies, and augmented copies made before the split are on both sides. "
        "**Honest**: copies under different diagnoses are left out. Photos of one known lesion, "
        "and copies of one photo, stay on one side."
    )
    st.header("As published and honest", anchor=False)
    st.markdown(
        "The figures as each way of splitting states them. The two test parts of a recipe are not "
        "the same photos, so these bars mix the leak with how hard the photos are."
    )
    metric = choices.one_of(
        "Metric", list(METRICS), Parameter.METRIC, "compare_leak_metric", METRICS.get
    )
    table = cache.shared(figures.leak_meter, pairs)
    higher, others = _by_direction(pairs, metric)
    if higher and others:
        st.subheader(f"Higher as published: {len(higher)} of {len(pairs)}", anchor=False)
    charts.show(
        charts.shared(figure, higher or others, metric, METRICS[metric]),
        "compare_leak_meter",
        f"{METRICS[metric]} as published and honest",
        "Measured on test photos. Lines are 95 % intervals, from resampling lesions "
        f"{NUM_RESAMPLES:,} times. "
        + (
            "The diamond is the published figure. The table at the end says which split it was "
            "measured on."
            if metric == "accuracy"
            else "Balanced accuracy is the mean recall of the diagnoses. It says more than "
            "accuracy where one diagnosis is far more frequent than the others. No publication "
            "here reports it."
        ),
        charts.file(figures.leak_meter, pairs),
    )
    if higher and others:
        st.subheader(f"The other way round: {len(others)} of {len(pairs)}", anchor=False)
        if all(pair.paired and _holds_zero(pair.paired.difference) for pair in others):
            st.markdown(
                "On the same photos none of these shows a difference, so what differs here is the "
                "test photos, or chance."
            )
        charts.draw(
            charts.shared(figure, others, metric, METRICS[metric]),
            "compare_leak_meter_others",
            f"{METRICS[metric]} as published and honest, of the other recipes",
        )

    st.header("What explains the gap in accuracy", anchor=False)
    for pair in pairs:
        published = f"Published: {pair.published['said']}. " if pair.published else ""
        with st.expander(pair.title):
            st.markdown(f"{published}{cache.shared(gap_explanation, pair)}")
    st.caption(
        "Photos seen in training also differ from the others in other ways. Lesions photographed "
        "more than once are more often malignant. A copy under another diagnosis in training "
        "misleads the network instead of helping it."
    )

    st.header("The figures", anchor=False)
    st.dataframe(
        cache.shared(tables.leak_meter_to_read, table),
        hide_index=True,
        key="compare_leak_table",
        height="content",
    )
    st.caption(
        "Published: the accuracy, and the split it was measured on. All other figures are of test "
        "photos. Seen in training: a copy or near copy of the test photo, or another photo of its "
        "lesion, was in training. The CSV above has more columns, on copies and validation photos."
    )
    with st.expander("Train them yourself"):
        sides = [side for pair in pairs for side in (pair.as_published, pair.honest) if side]
        st.code("\n".join(side.run.command for side in sides), language=None)


def _by_direction(pairs, metric):
    """Pairs whose figure is higher as published, and all others; one side may be missing."""
    higher, others = [], []
    for pair in pairs:
        sides = [
            getattr(side.test, metric).value for side in (pair.as_published, pair.honest) if side
        ]
        (others if len(sides) == 2 and sides[0] <= sides[1] else higher).append(pair)
    return higher, others


def _holds_zero(difference):
    return difference.low <= 0 <= difference.high


def _same_photos(pairs):
    """What the leak adds where nothing else differs in the test photos."""
    widest = pairs[0].paired
    st.header(
        f"At worst, same network and photos: {percent(widest.as_published.value)} as published, "
        f"{percent(widest.honest.value)} split honestly",
        anchor=False,
    )
    st.markdown(
        f"That is {pairs[0].title}, on {widest.num_photos:,} photos. Each line is one recipe, "
        "trained twice and tested on the same photos. A lift is shown, however small, where the "
        "95 % interval of the difference lies above 0."
    )
    lifted = [pair for pair in pairs if pair.paired.difference.low > 0]
    others = [pair for pair in pairs if pair.paired.difference.low <= 0]
    for column, (key, title, chosen, colour) in zip(
        st.columns(2),
        (
            ("lifted", "A lift is shown", lifted, charts.COLOURS[1]),
            ("others", "No lift is shown", others, charts.CHANCE),
        ),
        strict=True,
    ):
        if chosen:
            with column:
                st.subheader(f"{title}: {len(chosen)} of {len(pairs)}", anchor=False)
                drawn = charts.shared(slopes, chosen, colour, _scale(pairs))
                charts.draw(drawn, f"compare_slopes_{key}", _alt(chosen))
    with st.expander("The differences, with their intervals"):
        charts.show(
            charts.shared(paired_figure, pairs),
            "compare_paired_gap",
            "Accuracy as published less honest, on the photos that both networks were tested on",
            "Right of the line, the network trained on the leaking split does better. Lines are "
            f"95 % intervals, from resampling lesions {NUM_RESAMPLES:,} times. A hollow point's "
            "interval holds 0: no effect is shown. Augmented copies are left out of these photos. "
            "Training differs in more than the leak: the two also have other numbers of photos.",
            charts.file(figures.paired_gaps, pairs),
        )
        for pair in pairs:
            st.markdown(f"- **{pair.title}**: {paired_sentence(pair.paired)}")


def _alt(pairs):
    return "Right answers as published and split honestly: " + "; ".join(
        f"{pair.title} {percent(pair.paired.as_published.value)} and "
        f"{percent(pair.paired.honest.value)}"
        for pair in pairs
    )


def _scale(pairs):
    """(low, high): the accuracies of all pairs with a `paired`, with room for labels."""
    values = [end.value for pair in pairs for end in (pair.paired.as_published, pair.paired.honest)]
    return min(values) - 4 * LINE, max(values) + 4 * LINE


def slopes(pairs, colour, scale):
    """A line for each pair, from its accuracy as published down to the honest one.

    Args:
        pairs: `model.evaluation.protocol_gap.Pair`s with a `paired`, the widest first.
        colour: of the lines; the first one is the thickest, unless they are grey.
        scale: (low, high) of the accuracies, the same for charts that stand side by side.
    """
    figure = go.Figure()
    for index, pair in enumerate(pairs):
        ends = [pair.paired.as_published, pair.paired.honest]
        figure.add_scatter(
            x=[0, 1],
            y=[end.value for end in ends],
            mode="lines+markers",
            line={"color": colour, "width": 4 if index == 0 and colour != charts.CHANCE else 2},
            marker={"size": 9},
            customdata=[[pair.title, str(end), f"{pair.paired.num_photos:,}"] for end in ends],
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>n = %{customdata[2]}"
            "<extra></extra>",
        )
    for end, anchor in enumerate(("right", "left")):
        values = [(pair.paired.honest if end else pair.paired.as_published).value for pair in pairs]
        for pair, value, place in zip(
            pairs, values, apart(values, (2 if end else 1) * LINE), strict=True
        ):
            name = pair.title.replace(", ", ",<br>", 1)  # a phone has room for half of it
            label = f"<b>{percent(value)}</b> {name}" if end else f"<b>{percent(value)}</b>"
            figure.add_annotation(
                x=end,
                y=place,
                text=label,
                showarrow=False,
                xanchor=anchor,
                xshift=10 if end else -10,
                align="left",
            )
    figure.update_layout(height=460, margin=charts.margin(), showlegend=False)
    figure.update_xaxes(
        range=[-0.4, 3.2],  # room for the names
        tickvals=[0, 1],
        ticktext=["as<br>published", "split<br>honestly"],
        side="top",
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_yaxes(visible=False, range=scale, fixedrange=True)
    return figure


def apart(values, distance):
    """Places for labels that are as near to their values as can be without touching.

    Args:
        values: where each label belongs.
        distance: between two labels, at least.
    Returns:
        Places in the order of the values.
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    groups = []  # of labels that touch, each around the mean of what it holds
    for index in order:
        groups.append([index])
        while len(groups) > 1 and _touch(groups[-2], groups[-1], values, distance):
            groups[-2:] = [groups[-2] + groups[-1]]
    places = [0.0] * len(values)
    for group in groups:
        for index, place in zip(group, _spread(group, values, distance), strict=True):
            places[index] = place
    return places


def _spread(group, values, distance):
    middle = sum(values[index] for index in group) / len(group)
    return [middle + (step - (len(group) - 1) / 2) * distance for step in range(len(group))]


def _touch(lower, upper, values, distance):
    highest = _spread(lower, values, distance)[-1]
    lowest = _spread(upper, values, distance)[0]
    return lowest - highest < distance


def paired_figure(pairs):
    """The difference of each pair as a point with its interval, beside a line at zero.

    Args:
        pairs: `model.evaluation.protocol_gap.Pair`s with a `paired`, drawn from top to bottom.
    """
    differences = [pair.paired.difference for pair in pairs]
    shown = [difference.low > 0 or difference.high < 0 for difference in differences]
    titles = [pair.title for pair in pairs]
    figure = go.Figure(
        go.Scatter(
            x=[difference.value for difference in differences],
            y=[-row for row in range(len(pairs))],
            mode="markers",
            marker={
                "size": 12,
                "color": charts.COLOURS[1],
                "symbol": ["circle" if is_shown else "circle-open" for is_shown in shown],
            },
            error_x=charts.whiskers(differences),
            customdata=titles,
            hovertemplate="%{customdata}: %{x:+.3f}<extra></extra>",
        )
    )
    for row, pair in enumerate(pairs):
        figure.add_annotation(
            x=0,
            xref="paper",
            y=0.18 - row,
            # In two lines: a phone has room for one of them.
            text=f"<b>{pair.title}</b><br>{pair.paired.difference.value:+.2f}, "
            f"n = {pair.paired.num_photos:,}",
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            align="left",
        )
    figure.add_vline(x=0, line={"dash": "dot", "color": "gray"}, layer="below")
    figure.update_layout(height=90 + 76 * len(pairs), margin=charts.margin())
    figure.update_xaxes(title="Difference in accuracy", tickformat="+.1f", nticks=6)
    figure.update_yaxes(visible=False, range=[0.4 - len(pairs), 0.85])
    return figure


def figure(pairs, metric, heading):
    """Two bars per recipe, as published over honest, with intervals and the published figure.

    Args:
        pairs: `model.evaluation.protocol_gap.Pair`s, drawn from top to bottom.
        metric: `accuracy` or `balanced_accuracy`; only accuracies were published.
        heading: the metric's name.
    """

    def shown_mark(pair):
        return pair.published["accuracy"] if pair.published and metric == "accuracy" else None

    figure = go.Figure()
    rows_of_pairs = {id(pair): -row for row, pair in enumerate(pairs)}
    for name, attribute, shift, colour, pattern in (
        ("as published: leaks", "as_published", 0.05, charts.COLOURS[1], "/"),
        ("honest", "honest", -0.21, charts.COLOURS[0], ""),
    ):
        sides = [(pair, getattr(pair, attribute)) for pair in pairs if getattr(pair, attribute)]
        estimates = [getattr(side.test, metric) for _, side in sides]
        figure.add_bar(
            x=[estimate.value for estimate in estimates],
            y=[rows_of_pairs[id(pair)] + shift for pair, _ in sides],
            orientation="h",
            width=0.24,
            name=name,
            marker={
                "color": colour,
                "pattern": {
                    "shape": pattern,
                    "fillmode": "overlay",
                    "fgcolor": "rgba(255,255,255,0.55)",
                    "size": 7,
                },
            },
            error_x=charts.whiskers(estimates, color="gray"),
            customdata=[
                [
                    pair.title,
                    f"{side.test.num_photos:,}",
                    f"{side.test.num_lesions:,}",
                    f"{estimate.low:.2f}-{estimate.high:.2f}",
                ]
                for (pair, side), estimate in zip(sides, estimates, strict=True)
            ],
            hovertemplate=(
                "<b>%{customdata[0]}</b><br>%{fullData.name}: %{x:.3f} (%{customdata[3]})<br>"
                "%{customdata[1]} photos, %{customdata[2]} lesions<extra></extra>"
            ),
        )
        figure.add_scatter(
            x=[NUMBERS] * len(estimates),
            y=[rows_of_pairs[id(pair)] + shift for pair, _ in sides],
            text=[f"{estimate.value:.2f}" for estimate in estimates],
            mode="text",
            textposition="middle right",
            cliponaxis=False,
            showlegend=False,
            hoverinfo="skip",
        )
    marks = [pair for pair in pairs if shown_mark(pair) is not None]
    if marks:
        figure.add_scatter(
            x=[shown_mark(pair) for pair in marks],
            y=[rows_of_pairs[id(pair)] + 0.05 for pair in marks],
            name="published figure",
            mode="markers",
            marker={
                "symbol": "diamond",
                "size": 13,
                "color": "white",
                "line": {"width": 2.5, "color": "black"},
            },
            customdata=[[pair.title, pair.published["said"]] for pair in marks],
            hovertemplate="<b>%{customdata[0]}</b><br>published: %{x}<extra></extra>",
        )
    for pair in pairs:
        numbers = [
            f"{side.test.num_photos:,} {what}{_with_copies(side)}"
            for side, what in ((pair.as_published, "as published"), (pair.honest, "honest"))
            if side
        ]
        figure.add_annotation(
            x=0,
            y=rows_of_pairs[id(pair)] + 0.2,
            text=f"<b>{pair.title}</b><br><span style='font-size:11px'>n = "
            f"{', '.join(numbers)}</span>",
            showarrow=False,
            xanchor="left",
            yanchor="bottom",
            align="left",
        )
    figure.update_layout(
        height=110 + 104 * len(pairs),
        margin=charts.margin(),
        legend=charts.legend(),
        barmode="overlay",
    )
    figure.update_xaxes(
        title=f"{heading} on test photos",
        range=[0, 1.1],
        tickvals=[0, 0.2, 0.4, 0.6, 0.8, 1],
        side="bottom",
    )
    figure.update_yaxes(visible=False, range=[0.45 - len(pairs), 0.72])
    return figure


def _with_copies(side):
    return f" ({side.leakage.num_augmented:,} copies)" if side.leakage.num_augmented else ""
