import re
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from ui import charts

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_colour_means_the_same_in_charts_style_sheet_and_theme(theme):
    style = (ROOT / "ui" / "style.css").read_text()
    for meaning in ("reconstruction", "kl", "kl_y", "kl_z1", "kl_z2", "classification"):
        for name in (meaning, f"{meaning}_text"):
            [(light, dark)] = re.findall(
                rf"--lab-{name.replace('_', '-')}: light-dark\((#\w+), (#\w+)\)", style
            )
            assert charts.COLOURS[theme][name] == (light if theme == "light" else dark)
    config = (ROOT / ".streamlit" / "config.toml").read_text()
    [series] = re.findall(rf"\[theme\.{theme}\]\n(?:[^\[].*\n)*?chartCategoricalColors = \[(.+)\]", config)
    meanings = ("reconstruction", "kl", "bound", "gap", "classification", "kl_y", "kl_z1", "kl_z2")
    assert re.findall(r"#\w+", series) == [charts.COLOURS[theme][meaning] for meaning in meanings]
    assert charts.COLOURS[theme]["kl_z"] == charts.COLOURS[theme]["kl"]


@pytest.mark.parametrize("latent", ["z", "y", "z1", "z2"])
def test_every_kl_has_a_class_for_text_and_one_for_bars(latent):
    style = (ROOT / "ui" / "style.css").read_text()
    shade = "--lab-kl" if latent == "z" else f"--lab-kl-{latent}"
    assert re.search(rf"\.lab-kl-{latent} {{ color: var\({shade}-text\); }}", style)
    assert re.search(rf"\.lab-bar-kl-{latent} {{ background: var\({shade}\); }}", style)


def linear(colour: str) -> np.ndarray:
    """A colour's red, green and blue as light, 0 to 1."""
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(colour: str, ground: str) -> float:
    """The contrast of two colours by WCAG 2."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (colour, ground))
    return (light + 0.05) / (dark + 0.05)


# What linear light becomes for eyes without one kind of cone (Machado, Oliveira and Fernandes 2009).
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB under D65."""
    x, y, z = TO_XYZ @ light.clip(0, 1) / [0.95047, 1, 1.08883]
    fx, fy, fz = (np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z))
    return np.array([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def apart(one: str, other: str) -> float:
    """How far apart two colours are, ΔE of 1976, for whichever eyes that is least."""
    return min(
        float(np.linalg.norm(lab(eyes @ linear(one)) - lab(eyes @ linear(other)))) for eyes in EYES.values()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_terms_are_told_apart_by_colour_blind_eyes_and_read_on_the_ground(theme):
    colours = charts.COLOURS[theme]
    shades = [colours[f"kl_{latent}"] for latent in ("z", "y", "z1", "z2")]
    others = [colours[meaning] for meaning in ("reconstruction", "bound", "gap")]
    for colour in (*shades, colours["classification"]):
        assert all(apart(colour, other) >= 10 for other in others)
        assert contrast(colour, colours["surface"]) >= 3
    assert all(apart(colours["classification"], shade) >= 20 for shade in shades)
    # Those that stand in one sum.
    assert apart(colours["kl_z"], colours["kl_y"]) >= 18
    assert apart(colours["kl_z1"], colours["kl_z2"]) >= 18
    for name, colour in colours.items():
        if name.endswith("_text"):
            assert contrast(colour, colours["surface"]) >= 4.5, name


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
