"""What all pages have in common around their own story: title, model, link, mean or draw; at the foot what to try."""

from collections.abc import Collection
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import lead, models, tour, try_this
from ui.address import share_link, url_state
from ui.all_pages import PAGES
from ui.images.decoded import Decoding
from ui.navigation import PATHS, header
from ui.next_pages import where_next
from ui.page import Page
from ui.try_this import Experiment
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model

MAX_SEED = 9_999
MODEL_WIDTH = 370


class Head(NamedTuple):
    """What a visitor chose at the head of a page, and the parts that their link leaves out."""

    page: Page
    name: str
    checkpoint: Checkpoint
    show: Decoding
    seed: int
    hide: frozenset[str]

    @property
    def model(self) -> Model:
        """The chosen model."""
        return self.checkpoint.model


def begin(page: Page) -> Head:
    """The head of a page: its title, the model, the link, mean or draw."""
    top = st.container()  # always there: what stands below it keeps its place when the tour is left
    with st.container(horizontal=True, vertical_alignment="bottom", key="head"):
        header(page.heading or page.title)
        step = tour.step_of(page.slot)
        lead.follow_link(focus=tour.KEY if step else "")
        hide = share_link.hidden(page.parts)
        share_link.close_gaps(hide)
        with share_link.part("model", hide):
            name = choose_model(page) if "model" in page.parts else first_model(page)
        checkpoint = models.get(name)
        if page.parts:
            share_link.share(page.parts, page.slot, PATHS)
        with share_link.part("show", hide):
            shown = _choose_decoding(checkpoint.model) if page.decoding else "mean"
            seed = _choose_seed(page.decoding)
    if step:
        with top:
            tour.bar(step)
    return Head(page, name, checkpoint, shown, seed, hide)


def end(head: Head) -> None:
    """The foot of a page: what to try, where to go next, and its state to the address.

    A page that a link has shortened leads to no other page, but to the whole of itself.
    """
    if head.page.experiments and "try" not in head.hide:
        try_this.forget_unknown(head.page.experiments)
        try_this.try_this(experiments_of(head.page), head.page.parameters)
    if not head.hide:
        where_next(head.page.slot, PAGES)
    share_link.show_all(head.hide)
    lead.follow()
    url_state.write()


def experiments_of(page: Page) -> list[Experiment]:
    """A page's experiments, but for those whose model is not there."""
    return try_this.possible(page.experiments, _names(page))


def _names(page: Page) -> list[str]:
    """The models that the page can be about."""
    return models.names(page.kinds, page.image_shape, page.z_dim)


def first_model(page: Page) -> str:
    """The pretrained model that a page opens with; where there is none the page ends with a sentence."""
    names = _names(page)
    for name in (*page.opens_with, *names):
        if name in names:
            return name
    st.error(
        "The trained models are missing from the folder pretrained/; fetch the project again to get them."
    )
    st.stop()


def choose_model(page: Page) -> str:
    """The model the whole page is about."""
    names = _names(page)
    default = first_model(page)
    if url_state.decides("model"):
        _explain_absence(url_state.get("model"), names, default)
    wanted = st.session_state.pop("wanted_model", None)
    if wanted in names:
        st.session_state["model"] = wanted
    return url_state.selectbox("Model", "model", models.titles(names), default, width=MODEL_WIDTH)


def _explain_absence(wanted: str | None, names: Collection[str], default: str) -> None:
    """Say why a link's model is not the one on the page."""
    if wanted is None or wanted in names:
        return
    if models.OWN_NAME.fullmatch(wanted):
        url_state.note(
            f"The model {wanted} belongs to whoever trained it and is kept in their tab; showing {default} instead."
        )
    else:
        url_state.note(f"The link asks for a model that is not on this page; showing {default} instead.")


def _choose_decoding(model: Model) -> Decoding:
    """How every decoded image of the page is shown."""
    shown = url_state.segmented(
        "Decoded images",
        "show",
        {"mean": "mean E[x|z]", "draw": "draw x ~ p(x|z)"},
        "mean",
        disabled=not model.has_likelihood,
        help="What the decoder gives for a z: the mean of p(x|z), or one image drawn from it with the seed."
        if model.has_likelihood
        else "An autoencoder has no p(x|z) to draw from: its decoder gives one image for a z.",
    )
    return "draw" if shown == "draw" and model.has_likelihood else "mean"


def _choose_seed(decoding: bool) -> int:
    """The seed of every draw of the page, which draws images as well where it is `decoding` them."""
    of = (
        ": samples, draws of z, draws of x. A draw of x takes the same noise for every z."
        if decoding
        else "."
    )
    return url_state.whole_number(
        "Seed", "seed", 0, MAX_SEED, 0, help=f"The same seed gives the same draws{of}"
    )


def main_columns(hide: frozenset[str]) -> list[DeltaGenerator]:
    """Columns for the images, the explorer and the ELBO.

    Those of hidden parts give their width to the others: the parts are in the explorer's column, unseen.
    """
    widths = {"pick": 10, "explorer": 26, "elbo": 12}
    shown = [name for name in widths if name not in hide]
    columns = dict(zip(shown, st.columns([widths[name] for name in shown], gap="medium"), strict=True))
    return [
        columns.get(name) or columns["explorer"].container(key=share_link.unseen(name)) for name in widths
    ]
