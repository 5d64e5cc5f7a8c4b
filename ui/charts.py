"""Plotly charts that look the same on every page: one colour, one meaning; no tools; with a text alternative."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Theme = Literal["light", "dark"]

# As in .streamlit/config.toml and ui/style.css; the shades for text have a contrast of 4.5 to 1. The KLs of several
# latents are shades of the KL's own colour, which is that of z. Ink is what has no meaning of its own: priors, guides,
# outlines.
COLOURS: dict[Theme, dict[str, str]] = {
    "light": {
        "reconstruction": "#0072B2",
        "kl": "#D55E00",
        "kl_z": "#D55E00",
        "kl_y": "#8F3A00",
        "kl_z1": "#BF7200",
        "kl_z2": "#6E3B1F",
        "bound": "#009E73",
        "gap": "#CC79A7",
        "classification": "#332288",
        "reconstruction_text": "#0068A3",
        "kl_text": "#B34F00",
        "kl_z_text": "#B34F00",
        "kl_y_text": "#8F3A00",
        "kl_z1_text": "#8F5600",
        "kl_z2_text": "#6E3B1F",
        "bound_text": "#007A59",
        "classification_text": "#332288",
        "ink": "#5B6472",
        "text": "#1b1f27",
        "surface": "#ffffff",
    },
    "dark": {
        "reconstruction": "#56B4E9",
        "kl": "#F0894A",
        "kl_z": "#F0894A",
        "kl_y": "#FFC94D",
        "kl_z1": "#D96A1E",
        "kl_z2": "#FFDCA0",
        "bound": "#3CC9A0",
        "gap": "#E3A3C8",
        "classification": "#8F7BFF",
        "reconstruction_text": "#56B4E9",
        "kl_text": "#F0894A",
        "kl_z_text": "#F0894A",
        "kl_y_text": "#FFC94D",
        "kl_z1_text": "#D96A1E",
        "kl_z2_text": "#FFDCA0",
        "bound_text": "#3CC9A0",
        "classification_text": "#8F7BFF",
        "ink": "#9AA4B5",
        "text": "#e7eaf0",
        "surface": "#0f1218",
    },
}

# As in ui/components/theme.js: apart under the common kinds of colour blindness, and always with the digit beside them.
DIGITS: dict[Theme, list[str]] = {
    "light": [
        *("#0072b2", "#b34f00", "#007a59", "#a04a7c", "#6b5400"),
        *("#3d4454", "#8f1d1d", "#2a2a9c", "#1c7c8c", "#7a5cc0"),
    ],
    "dark": [
        *("#56b4e9", "#f0894a", "#3cc9a0", "#e3a3c8", "#f0e442"),
        *("#c3cad6", "#ff7d7d", "#9fa2ff", "#7fe3f2", "#c9a95b"),
    ],
}

# In both themes.
GRID = "rgba(128,128,128,0.22)"


def theme() -> Theme:
    """The visitor's theme; light until the browser has said."""
    return "dark" if st.context.theme.type == "dark" else "light"


def colours() -> dict[str, str]:
    """The colours by meaning in the visitor's theme, as COLOURS names them."""
    return COLOURS[theme()]


def digit_colours() -> list[str]:
    """Ten colours for the digits 0 to 9 in the visitor's theme; show the digit itself with them."""
    return DIGITS[theme()]


def faded(colour: str, opacity: float) -> str:
    """A colour `#rrggbb` as `rgba(…)` that lets through what lies under it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def show(
    figure: "Figure",
    key: str,
    alt: str,
    *,
    height: int = 340,
    on_click: Callable[[Any], None] | None = None,
) -> None:
    """Mount a plotly figure in the width there is, `height` pixels high; a figure's own layout settings win.

    Args:
        alt: what the chart shows, in a sentence with its main numbers, for those who can't see it.
        on_click: called in a callback, before the page runs again, with the `customdata` of a clicked point. Give
            the points of a clickable trace their `customdata`, and the visitor another way by keyboard.
    """
    own = figure.layout.to_plotly_json()
    own.pop("template", None)  # stays as it is, and is slow to set
    figure.update_layout(_layout(height))
    # A chart is looked at, not zoomed: a finger that starts on it scrolls the page.
    ink = {"color": colours()["ink"]}
    axis = {
        "fixedrange": True,
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        "tickfont": ink,
        "title": {"font": ink},
    }
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    figure.update_layout(own)
    options: dict[str, Any] = {
        "key": key,
        "alt": alt,
        "width": "stretch",
        "config": {"displayModeBar": False, "displaylogo": False},
    }
    if on_click is None:
        st.plotly_chart(figure, **options)
        return

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:  # none when a click takes the selection back
            on_click(points[0]["customdata"])

    st.plotly_chart(figure, **options, on_select=clicked, selection_mode="points")


def _layout(height: int) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12, "color": colours()["ink"]},
        "hoverlabel": {"font": {"size": 12}},
        "dragmode": False,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1, "x": 0, "title": {"text": ""}},
    }
