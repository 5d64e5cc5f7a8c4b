"""The row while a visitor draws: each model's networks in the browser, on a slot of its own, all following the pen."""

from collections.abc import Sequence
from pathlib import Path

from ui import explorer_panel, models
from ui.components.assets import component
from ui.explorer import decodes_in_browser, publish_decoder
from ui.images.label import guesser
from vaemodels.errors import LabError

_relay = component("vaelab_relay", Path(__file__).with_name("relay"))


def slot_of(name: str) -> str:
    """Where a model of the row finds its networks and tells what it infers."""
    return f"compare-row-{name}"


def follow_the_pen(names: Sequence[str], slot: str) -> None:
    """Have these models infer what is drawn on the page's `slot`, those that run in the browser; draws nothing."""
    there = []
    for name in names:
        try:
            checkpoint = models.get(name)
        except LabError:
            continue  # its cell says why
        if decodes_in_browser(checkpoint.model):
            there.append(slot_of(name))
            publish_decoder(checkpoint.model, slot_of(name), key=f"{slot_of(name)}-decoder")
            explorer_panel.encode_drawings(checkpoint.model, slot_of(name), guesser(checkpoint))
    _relay(key="compare-relay", data={"from": slot, "to": there}, height=1)
