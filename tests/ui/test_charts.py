import re
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from ui import charts

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_colour_means_the_same_in_charts_style_sheet_and_theme(theme):
    style = (ROOT / "ui" / "style.css").read_text()
    for meaning in ("reconstruction", "kl"):
        [(light, dark)] = re.findall(rf"--lab-{meaning}: light-dark\((#\w+), (#\w+)\)", style)
        assert charts.COLOURS[theme][meaning] == (light if theme == "light" else dark)
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    [series] = re.findall(rf"\[theme\.{theme}\]\n(?:[^\[].*\n)*?chartCategoricalColors = \[(.+)\]", config)
    assert re.findall(r"#\w+", series)[:4] == [
        charts.COLOURS[theme][meaning] for meaning in ("reconstruction", "kl", "bound", "gap")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_digit_has_the_colour_it_has_in_the_explorer(theme):
    script = (ROOT / "ui" / "components" / "theme.js").read_text()
    [colours] = re.findall(rf"const DIGITS_{theme.upper()} = \[(.+?)\]", script, re.DOTALL)
    assert re.findall(r"#\w+", colours) == charts.DIGITS[theme]
    assert len(set(charts.DIGITS[theme])) == 10


def test_a_faded_colour_is_the_same_colour():
    assert charts.faded("#0072B2", 0.25) == "rgba(0,114,178,0.25)"


def test_a_figures_own_layout_wins_over_the_shared_one(monkeypatch):
    seen: dict[str, Any] = {}
    monkeypatch.setattr(
        charts.st, "plotly_chart", lambda figure, **options: seen.update(options, figure=figure)
    )
    figure = go.Figure(go.Scatter(x=[1], y=[2]))
    figure.update_layout(margin={"l": 77}, xaxis={"title": "z", "fixedrange": False})
    charts.show(figure, "key", "one point", height=123)
    layout = seen["figure"].layout
    assert (layout.margin.l, layout.margin.r, layout.height) == (77, 8, 123)
    assert (layout.xaxis.title.text, layout.xaxis.fixedrange, layout.yaxis.fixedrange) == ("z", False, True)
    assert seen["alt"] == "one point"
    assert "on_select" not in seen


@pytest.mark.parametrize(("points", "expected"), [([{"customdata": 7}], [7]), ([], [])])
def test_a_click_hands_on_what_the_point_carries(monkeypatch, points, expected):
    seen: dict[str, Any] = {}
    clicked: list[int] = []
    monkeypatch.setattr(charts.st, "plotly_chart", lambda figure, **options: seen.update(options))
    monkeypatch.setattr(charts.st, "session_state", {"key": {"selection": {"points": points}}})
    charts.show(go.Figure(), "key", "nothing", on_click=clicked.append)
    seen["on_select"]()
    assert clicked == expected
