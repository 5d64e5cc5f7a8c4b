"""One image encoded fifty times: a VAE's q(z|x) is a cloud, each point decoded; an autoencoder's code is one dot."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st
import torch
from torch import Tensor

from ui import charts, words
from ui.address.url_state import binding
from ui.components.changing_html import changing_html
from ui.explorer import move_to
from ui.images.decoded import decoded, montage
from ui.images.figures import figure, readable, row
from ui.looks.codes_plane import Window, plane_figure, ring, shown_plane, whole_plane
from ui.looks.encoded import Encoded, encoded
from ui.looks.symbols import symbols
from ui.looks.view import EXPLORER, View
from vaemodels.analysis.latent_space import Codes, ellipse, encode
from vaemodels.models import Model
from vaemodels.pictures import picture

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DRAWS = 50
COLUMNS = 10
PICKED = "drawn"  # also in the address: which of the draws went to the explorer, from 1
HEIGHT = 400
LARGEST_STD = 0.5  # of anything between 0 and 1
BEHIND = 400  # test images that show where the cloud lies, at most
CLOSE_UP = "closeup"
RINGED = "_cloud_ringed"  # for which model, image and seed the picked point has a ring


def render(view: View) -> None:
    """The cloud on the plane, the fifty images, and where they differ."""
    model = view.model
    codes, code = encoded(view), view.code_of(view.chosen)
    z = draws_of_z(model, view.chosen.x, view.seed, view.label_of(view.chosen))
    y = None if code.y is None else code.y.expand(DRAWS)

    occasion = (view.name, view.chosen.key, view.seed)

    def pick(number: int) -> None:
        # The chart marks what is clicked by itself and at once; a ring would have it drawn anew.
        st.session_state.setdefault(RINGED, None)
        st.session_state[PICKED] = number
        move_to(EXPLORER, z[number - 1].tolist())

    def ring_it() -> None:
        st.session_state[RINGED] = occasion

    def typed() -> None:
        ring_it()
        if st.session_state[PICKED] is not None:
            pick(st.session_state[PICKED])

    st.caption(_caption(view, codes))
    cloud, images, side = st.columns([7, 9, 4], gap="medium")
    with side:
        number = _choose_draw(typed) if model.has_likelihood else None
        _show_spread(view, z, y, number)
    ringed = number is not None and st.session_state.setdefault(RINGED, occasion) == occasion
    with cloud:
        close = model.has_likelihood and st.toggle(
            "Close up", True, key=CLOSE_UP, bind="query-params", on_change=ring_it
        )
        _show_cloud(view, codes, code, z, number if ringed else None, close, pick)
    with images:
        symbol = symbols(model)
        what = (
            f"one draw x ~ {symbol.likelihood} of each"
            if view.show == "draw"
            else f"the mean {symbol.mean} of each"
        )
        st.html(
            montage(
                decoded(model, z, view.show, view.seed, y),
                model.config.image_shape,
                COLUMNS,
                f"{DRAWS} decoded images of {view.chosen.caption}",
                f"{DRAWS} {symbol.latent} ~ {symbol.posterior}, decoded: {what}"
                if model.has_likelihood
                else f"{DRAWS} times f(g(x)): always the same",
            )
        )


def _choose_draw(typed: Callable[[], None]) -> int | None:
    """By keyboard what a click on a point does."""
    number: int | None = st.number_input(
        "Draw",
        1,
        DRAWS,
        None,
        key=PICKED,
        bind=binding(PICKED),
        on_change=typed,
        placeholder="click a point",
        help="Sends this draw's z to the explorer, as a click on its point does.",
    )
    return number


def draws_of_z(model: Model, x: Tensor, seed: int, y: Tensor | None = None) -> Tensor:
    """Fifty draws `[50, z_dim]` from q of the image `x: [dim]` with label `y: []`; fifty times g(x) without a q."""
    code = encode(model, x.unsqueeze(0), None if y is None else y.unsqueeze(0))
    if code.std is None:
        return code.mean.expand(DRAWS, -1)
    noise = torch.randn(DRAWS, code.mean.shape[1], generator=torch.Generator().manual_seed(seed))
    return code.mean + code.std * noise


def _caption(view: View, codes: Encoded) -> str:
    if not view.model.has_likelihood:
        return (
            "An autoencoder's encoder gives a point, not a distribution: encode the chosen image fifty times and you "
            "get one dot and the same picture fifty times."
        )
    symbol = symbols(view.model)
    return (
        f"Fifty draws {symbol.latent} ~ {symbol.posterior} of the chosen image (seed {view.seed}), with the ellipses "
        "of 1σ and 2σ around μ; click a point to send its z to the explorer. Grey digits: where test images lie. "
        f"{shown_plane(codes, view.model)}"
    )


@torch.no_grad()
def _show_cloud(
    view: View,
    codes: Encoded,
    code: Codes,
    z: Tensor,
    ringed: int | None,
    close: bool,
    pick: Callable[[int], None],
) -> None:
    import plotly.graph_objects as go

    model, colours = view.model, charts.colours()
    centre, at = codes.plane.coordinates(code.mean)[0], codes.plane.coordinates(z)
    if close:
        window = Window(centre, 1.15 * (at - centre).abs().max().item())
    else:
        window = whole_plane(codes, model, at)
    chart = plane_figure(codes, model, window)
    _add_test_images(chart, codes, window)
    if code.std is not None:
        for sigmas in (1, 2):
            outline = ellipse(centre, codes.plane.covariance(code.std[0]), sigmas).numpy().round(4)
            chart.add_trace(
                go.Scatter(
                    x=outline[:, 0],
                    y=outline[:, 1],
                    mode="lines",
                    hoverinfo="skip",
                    line={"color": colours["kl"], "width": 1.5},
                )
            )
    points = at.numpy().round(4)
    if not model.has_likelihood:
        points = points[:1]
    chart.add_trace(
        go.Scatter(
            x=points[:, 0],
            y=points[:, 1],
            customdata=list(range(1, len(points) + 1)),
            mode="markers",
            marker={"size": 8, "color": colours["kl"], "line": {"width": 1, "color": colours["surface"]}},
            selected={"marker": {"color": colours["text"], "size": 11}},
            unselected={"marker": {"opacity": 1}},
            hovertemplate="draw %{customdata}<br>(%{x:.2f}, %{y:.2f})<extra></extra>",
        )
    )
    if ringed is not None:
        ring(chart, points[ringed - 1].tolist(), 16, f"draw {ringed}")
    charts.show(
        chart,
        "cloud-chart",
        f"{len(points)} draws from {symbols(model).posterior} of {view.chosen.caption}, as a cloud around its mean, "
        "with its ellipses. The field Draw does what a click does."
        if model.has_likelihood
        else f"The code of {view.chosen.caption}: one dot.",
        height=HEIGHT,
        on_click=pick if model.has_likelihood else None,
    )


def _add_test_images(chart: "Figure", codes: Encoded, window: Window) -> None:
    points = codes.plane.coordinates(codes.mean)
    inside = ((points - window.centre).abs() <= window.reach).all(1).nonzero().flatten()[:BEHIND]
    x, y = points[inside].T.numpy().round(4)
    grey = charts.faded(charts.colours()["ink"], 0.9)
    chart.add_scatter(
        x=x,
        y=y,
        mode="text",
        text=[str(digit) for digit in codes.labels[inside].tolist()],
        textfont={"size": 10, "color": grey},
        unselected={"textfont": {"color": grey}},
        hoverinfo="skip",
    )


@torch.no_grad()
def _show_spread(view: View, z: Tensor, y: Tensor | None, number: int | None) -> None:
    model = view.model
    shape = model.config.image_shape
    std = model.decode(z, y).mean.std(0)
    changing_html(
        readable(
            picture(std / LARGEST_STD, shape),
            std,
            shape,
            "",
            f"Standard deviation of each pixel over the {DRAWS} means",
            f"σ of each pixel's mean over the {DRAWS}; white is {LARGEST_STD:g}",
        ),
        key="spread",
    )
    if number is not None:
        chosen = decoded(model, z, view.show, view.seed, y)[number - 1]
        st.html(row([figure(picture(chosen, shape), f"Decoded draw {number}", f"draw {number}")]))
        st.caption(f"z of draw {number}: {words.point(z[number - 1])}.")
