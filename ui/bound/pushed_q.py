"""The image, its reconstruction and its KL under the q on the plane, which the browser keeps up to date."""

from ui import elbo_panel
from ui.elbo_panel import KL_SCALE_NATS, OTHER_IMAGES
from ui.images.choice import Chosen, is_of_other_images
from ui.images.decoded import Decoding, decoded
from ui.live_terms import live_terms
from ui.terms import per_dimension
from vaemodels.checkpoints import Checkpoint
from vaemodels.evaluation import ImageTerms


def show_terms(
    checkpoint: Checkpoint, chosen: Chosen, terms: ImageTerms, show: Decoding, seed: int, slot: str
) -> None:
    """The pictures, pixel by pixel, and the KL by dimension where it is a sum over dimensions.

    They begin at the encoder's q and follow the one on the plane.
    """
    model = checkpoint.model
    shown = decoded(model, terms.code.unsqueeze(0), show, seed)[0]
    parts = "".join(
        per_dimension(values, max(KL_SCALE_NATS, values.max().item()), latent) + _shared()
        for latent, values in terms.kl_by_dimension.items()
    )
    if not parts:
        parts = '<div class="lab-note">Under a mixture the KL is no sum over dimensions.</div>'
    live_terms(
        elbo_panel.pictures(model, chosen, terms, shown, f"{show} at q’s centre")
        + parts
        + (f'<div class="lab-note">{OTHER_IMAGES}</div>' if is_of_other_images(chosen, checkpoint) else ""),
        slot,
        key="bound-terms",
    )


def _shared() -> str:
    """What z₁ and z₂ tell of each other under q: the part of the KL that no dimension has by itself."""
    return (
        f'<div class="lab-dims" data-top="{KL_SCALE_NATS:g}" role="group" aria-label="What z1 and z2 share, in nats">'
        '<span>ρ</span><i class="lab-bar-kl" data-dimension="shared:0" style="width:0%" '
        'title="−½ log(1 − ρ²): z₁ and z₂ turned together"></i><span data-value="shared:0">0.00</span></div>'
        '<div class="lab-note">ρ: what the two share where q is turned, −½ log(1 − ρ²).</div>'
    )
