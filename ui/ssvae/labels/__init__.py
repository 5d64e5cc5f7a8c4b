"""The ten labels of one image: q(y|x) beside the softmax of their ELBOs, and how these make up ELBO(x).

While a digit is drawn the browser works both out at every stroke, from what inference.js finds for the page's slot.
"""

from pathlib import Path
from typing import Any

from ui.components.assets import component
from vaemodels.analysis.label_posterior import OfLabels

_bars = component("vaelab_label_bars", Path(__file__).with_name("bars"))
_sums = component("vaelab_label_sums", Path(__file__).with_name("sums"))


def label_bars(of: OfLabels, slot: str) -> None:
    """Two bars a label: what the classifier says, and what the model's own ten ELBOs say."""
    _bars(key="label-bars", data=_data(of, slot))


def label_sums(of: OfLabels, slot: str) -> None:
    """The ten ELBOs and H(q) as a table that adds up to ELBO(x)."""
    _sums(key="label-sums", data=_data(of, slot))


def _data(of: OfLabels, slot: str) -> dict[str, Any]:
    terms = {"q": of.q, "reconstruction": of.reconstruction, "kl": of.kl_z}
    return {"slot": slot, "terms": {name: values.tolist() for name, values in terms.items()}}
