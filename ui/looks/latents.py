"""Where the encoder puts the test images: each as its digit, on the plane where the codes vary most."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from ui import charts, words
from ui.address.url_state import binding
from ui.explorer import move_to
from ui.images.decoded import decoded
from ui.images.figures import figure, row
from ui.images.splits import binarization, model_inputs
from ui.looks.codes_plane import plane_figure, ring, shown_plane, whole_plane
from ui.looks.encoded import Encoded, encoded
from ui.looks.symbols import symbols
from ui.looks.view import EXPLORER, View
from vaemodels.pictures import picture

PICKED = "latent"  # also in the address: the test image whose z went to the explorer
ONLY = "only"
RINGED = "_latents_ringed"  # for which model and image the picked digit has a ring
HEIGHT = 520


def render(view: View) -> None:
    """The map, and the image that was picked on it."""
    codes = encoded(view)
    n = len(codes.mean)
    if (st.session_state.get(PICKED) or 0) >= n:
        st.session_state[PICKED] = None  # it was picked among more images than there are now

    occasion = (view.name, view.chosen.key)

    def pick(place: int) -> None:
        # The chart marks what is clicked by itself and at once; a ring would have it drawn anew.
        st.session_state.setdefault(RINGED, None)
        st.session_state[PICKED] = place
        move_to(EXPLORER, codes.mean[place].tolist())

    def ring_it() -> None:
        st.session_state[RINGED] = occasion

    def typed() -> None:
        ring_it()
        if st.session_state[PICKED] is not None:
            pick(st.session_state[PICKED])

    what = f"{'posterior mean' if view.model.has_likelihood else 'code'} {symbols(view.model).code}"
    st.caption(
        f"The {what} of {words.test_images(codes.dataset, n, binarization(view.model))}, each drawn as its digit; the "
        "ring is the chosen image. Click a digit to send its z to the explorer. "
        f"{shown_plane(codes, view.model)}"
    )
    chart, side = st.columns([7, 3], gap="medium")
    with side:
        place = st.number_input(
            "Test image",
            0,
            n - 1,
            None,
            key=PICKED,
            bind=binding(PICKED),
            on_change=typed,
            placeholder="click a digit, or type a number",
            help="Sends this image's z to the explorer, as a click on its digit does.",
        )
        only = st.pills(
            "Only the digits",
            range(10),
            selection_mode="multi",
            key=ONLY,
            bind="query-params",
            on_change=ring_it,
            wrap=True,
        )
        if place is not None:
            _show_picked(view, codes, place)
    ringed = place is not None and st.session_state.setdefault(RINGED, occasion) == occasion
    with chart:
        _show_map(view, codes, place if ringed else None, only or list(range(10)), pick)


def _show_map(
    view: View, codes: Encoded, ringed: int | None, digits: list[int], pick: Callable[[int], None]
) -> None:
    import plotly.graph_objects as go

    chosen = codes.plane.coordinates(view.code_of(view.chosen).mean)[0]
    window = whole_plane(codes, view.model, chosen)
    chart = plane_figure(codes, view.model, window)
    points = codes.plane.coordinates(codes.mean).numpy().round(2)
    for digit in digits:
        colour = charts.digit_colours()[digit]
        places = np.flatnonzero(codes.labels.numpy() == digit)
        chart.add_trace(
            go.Scattergl(
                x=points[places, 0],
                y=points[places, 1],
                customdata=places.astype(np.int16),
                mode="text",
                text=str(digit),
                textfont={"color": colour, "size": 11},
                selected={"textfont": {"color": charts.colours()["text"]}},
                unselected={"textfont": {"color": charts.faded(colour, 0.35)}},
                hovertemplate=f"a {digit}, test image %{{customdata}}<br>(%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
            )
        )
    ring(chart, chosen.tolist(), 20, f"the chosen image, {view.chosen.caption}")
    if ringed is not None:
        ring(chart, points[ringed].tolist(), 15, f"test image {ringed}, sent to the explorer", "diamond")
    charts.show(
        chart,
        "latents",
        f"{len(codes.mean)} test images as points of the latent space, each marked by its digit; the circle is the "
        f"chosen image, {view.chosen.caption}. The field Test image does what a click does.",
        height=HEIGHT,
        on_click=pick,
    )
    if np.abs(points).max() > window.reach:
        st.caption("The codes farthest out may lie beyond the edge of the chart.")


def _show_picked(view: View, codes: Encoded, place: int) -> None:
    x, _ = model_inputs(codes.dataset, view.model, place + 1)
    z = codes.mean[place]
    y = None if codes.y is None else codes.y[place : place + 1]
    reconstruction = decoded(view.model, z.unsqueeze(0), view.show, view.seed, y)[0]
    shape = view.model.config.image_shape
    digit = int(codes.labels[place])
    code = symbols(view.model).code
    what = f"a draw at {code}" if view.show == "draw" else f"decoded at {code}"
    st.html(
        row(
            [
                figure(
                    picture(x[place], shape),
                    f"Test image {place}, a {digit}",
                    f"test image {place}, a {digit}",
                ),
                figure(
                    picture(reconstruction, shape),
                    f"The reconstruction of test image {place}",
                    what if view.model.has_likelihood else f"f({code})",
                ),
            ]
        )
    )
    st.caption(f"Its z: {words.point(z, symbols(view.model).latent)}.")
