"""ELBO surgery: the mean KL as what z tells of the image, and how far all codes together are from the prior."""

import streamlit as st

from ui import models, words
from ui.images.splits import dataset_for, model_inputs
from ui.looks.view import View
from ui.tables import table
from ui.words import number, plus_minus
from vaemodels.analysis import surgery
from vaemodels.checkpoints import Checkpoint

IMAGES = 2_000
MODELS = ("vae-2d", "gmvae-2d", "vae-2d-digits", "vae-2d-rec", "vae-2d-kl")


def render(view: View) -> None:
    """The parts for the page's model and the others with two latents."""
    st.latex(
        r"\begin{aligned} &\overline{\mathrm{KL}}\big(q(z|x)\,\|\,p(z)\big)"
        r"\\ &= I(x; z) + \mathrm{KL}\big(q(z)\,\|\,p(z)\big),"
        r"\\ &\phantom{=}\; q(z) = \tfrac1N \textstyle\sum_n q(z|x_n) \end{aligned}"
    )
    names = [view.name, *(name for name in MODELS if name != view.name)]
    rows, told = [], {}
    for name in names:
        checkpoint = view.checkpoint if name == view.name else models.pretrained(name)
        dataset = dataset_for(checkpoint)
        measure = _of_page if name == view.name else _pretrained
        parts = measure(name, dataset, checkpoint)
        told[words.test_images(dataset, parts.n, "static")] = f"log N = {number(parts.ceiling, 2)}"
        estimates = (parts.kl, parts.information, parts.marginal)
        rows.append(
            [
                name,
                _images(dataset, checkpoint),
                *(plus_minus(found.mean, found.stderr) for found in estimates),
            ]
        )
    table(
        "The mean KL in two parts, in nats", ["model", "images", "mean KL", "I(x; z)", "KL(q(z) ‖ p)"], rows
    )
    st.markdown(
        "So ELBO = E log p(x|z) − I(x; z) − KL(q(z) ‖ p(z)): a KL is not wasted when it is information. "
        "The second part is: there the prior expects codes other than those that come, and samples suffer."
    )
    st.caption(
        f"In nats an image, {surgery.DRAWS} draws of z each, ± one standard error over images, each model on the "
        f"images of its row: {'; '.join(f'{images}, {ceiling}' for images, ceiling in told.items())}. "
        "I(x; z) cannot exceed log N: where the information comes near that ceiling, as with many latents it does, the "
        "estimate says how many images were used and no longer what z holds."
    )


def _images(dataset: str, checkpoint: Checkpoint) -> str:
    """What a model was measured on, and whether it learned such images."""
    learned = str(checkpoint.card["dataset"])
    title = words.dataset(dataset)
    return title if dataset == learned else f"{title}; it learned {words.dataset(learned)}"


def _measure(name: str, dataset: str, _checkpoint: Checkpoint) -> surgery.Surgery:
    x, _ = model_inputs(dataset, _checkpoint.model, IMAGES)
    return surgery.surgery(_checkpoint.model, x)


_pretrained = st.cache_data(max_entries=16, show_spinner=False)(_measure)
# By session, as visitors give their own models the same names.
_of_page = st.cache_data(scope="session", max_entries=8, show_spinner=False)(_measure)
