"""Two models' explorers side by side: whoever moves one moves the other to the same z, in the browser."""

from pathlib import Path

import streamlit as st
import torch

from ui import explorer_panel, models
from ui.address import url_state
from ui.compare.page import AXES
from ui.components.assets import component
from ui.explorer import Plane, decodes_in_browser, latent_explorer, show_plane
from ui.frame import Head
from ui.images.choice import Chosen, for_model
from ui.images.decoded import decoded
from ui.images.label import guesser

BESIDE = "beside"
FIRST, SECOND = "compare-explorer", "compare-beside"  # keys
SECOND_SLOT = "compare-beside"

_link = component("vaelab_link", Path(__file__).with_name("link"))


def partners(name: str, names: list[str]) -> list[str]:
    """The models whose decoder takes as many dimensions as that of `name`, and which run in the browser."""
    z_dim = _z_dim(name)
    return [other for other in names if other != name and _z_dim(other) == z_dim]


def _z_dim(name: str) -> int:
    """Of the latent next to x, as the card has it."""
    own = models.own()
    config = (own[name].card if name in own else models.pretrained_card(name))["config"]
    return int(config.get("z_dim", config.get("z1_dim", 0)))


def side_by_side(head: Head, chosen: Chosen) -> None:
    """The page's model, and another of as many dimensions at the same z."""
    names = partners(head.name, models.names(head.page.kinds, head.page.image_shape))
    beside = None
    if names:
        usual = next((name for name in ("vae-beta4", "gmvae-10-digits") if name in names), names[0])
        titles = models.titles(names)
        beside = url_state.selectbox("Beside the page’s model", BESIDE, titles, usual, width=370)
    left, right = st.columns(2, gap="medium")
    start = explorer_panel.start_at(head.model, chosen)
    occasion = f"{head.name}/{chosen.key}/{chosen.label}"
    with left:
        st.markdown(f"**{head.name}**")
        place = explorer_panel.explorer(
            head.page.slot,
            head.name,
            head.checkpoint,
            key=FIRST,
            start=start,
            occasion=occasion,
            show=head.show,
            seed=head.seed,
        )
        explorer_panel.show_z(head.model, chosen, start, place)
    with right:
        if beside is None:
            st.info("No other model here has as many dimensions of z; choose another at the top of the page.")
        else:
            _second(head, beside, chosen, place or start.place, occasion)
    explorer_panel.publish(head.name, head.checkpoint, head.page.slot)
    explorer_panel.encode_drawings(head.model, head.page.slot, guesser(head.checkpoint))


def _second(head: Head, name: str, chosen: Chosen, place: explorer_panel.Place, occasion: str) -> None:
    checkpoint = models.get(name)
    model = checkpoint.model
    own = explorer_panel.start_at(model, chosen._replace(x=for_model(chosen, model)))

    def decode(z: object, label: int | None) -> torch.Tensor:
        y = None if label is None else torch.tensor([label])
        return decoded(model, torch.tensor([z]), head.show, head.seed, y)[0]

    st.markdown(f"**{name}**")
    z_dim = len(place.z)
    if url_state.decides(SECOND):
        show_plane(SECOND, Plane(explorer_panel.axes_of_address(AXES, z_dim)))
    explored = latent_explorer(
        SECOND_SLOT,
        key=SECOND,
        z=place.z,
        label=own.place.label,
        posterior=own.posterior,
        decode=None if decodes_in_browser(model) else decode,
        occasion=f"{name}/{occasion}",
        model=name,
        show=head.show,
        seed=head.seed,
    )
    axes = explored.plane.axes
    if axes is None or max(axes) < z_dim:
        url_state.put(AXES, None if axes is None else url_state.axes_to_text(axes))
    st.caption(
        "The ring is where this model’s own q puts the image. The same z is another picture here: each model gives its "
        "axes a meaning of its own."
    )
    explorer_panel.publish(name, checkpoint, SECOND_SLOT)
    _link(key="compare-link", data={"first": head.page.slot, "second": SECOND_SLOT}, height=1)
