"""The pieces of the VAE page."""

import re

import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor
from torch.distributions import Independent

from ui import models, share, url_state
from ui.changing_html import changing_html
from ui.explorer import latent_explorer, move_to, publish_decoder
from ui.image_choice import Chosen, at_hand, binarization, is_of_other_images, test_inputs
from ui.images import Decoding, figure, heat, row
from ui.terms import formula, per_dimension
from vaemodels import data
from vaemodels.checkpoints import Checkpoint
from vaemodels.data import Split
from vaemodels.errors import UsageError
from vaemodels.evaluation import ImageTerms, image_terms
from vaemodels.models import Model
from vaemodels.networks import sample_pixels
from vaemodels.pictures import picture

POINTS = 400
TOP_PIXEL_NATS = 3.0
KL_SCALE_NATS = 5.0
PRIOR_LIMIT = 3.5
MAX_SEED = 9_999
OTHER_IMAGES = (
    '<div class="lab-note lab-aside">The model learned other images: expect more nats on these.</div>'
)
OWN_NAME = re.compile(r"mine-[0-9]{1,6}")


def default_model(wanted: list[str]) -> str:
    """The first of the `wanted` names there is a pretrained model of; without any the page ends with a sentence."""
    for name in wanted:
        if name in models.names({"vae", "ae"}):
            return name
    st.error(
        "The trained models are missing from the folder pretrained/; fetch the project again to get them."
    )
    st.stop()


def choose_model(kinds: set[str]) -> str:
    """The model the whole page is about."""
    names = models.names(kinds)
    default = default_model(["vae", *names])
    if url_state.decides("model"):
        _explain_absence(url_state.get("model"), names, default)
    wanted = st.session_state.pop("wanted_model", None)
    if wanted in names:
        st.session_state["model"] = wanted
    elif st.session_state.get("model", default) not in names:
        st.session_state["model"] = (
            default  # forgetting the key would leave the old name on the visitor's screen
        )
    return st.selectbox("Model", names, names.index(default), key="model", bind="query-params", width=240)


def _explain_absence(wanted: str | None, names: list[str], default: str) -> None:
    """Say why a link's model is not the one on the page."""
    if wanted is None or wanted in names:
        return
    if OWN_NAME.fullmatch(wanted):
        url_state.note(
            f"The model {wanted} belongs to whoever trained it and is kept in their tab; showing {default} instead."
        )
    else:
        url_state.note(f"The link asks for a model that is not on this page; showing {default} instead.")


def choose_decoding(model: Model) -> tuple[Decoding, int]:
    """How every decoded image of the page is shown, mean or draw, and the seed of every draw."""
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
    seed = url_state.whole_number(
        "Seed",
        "seed",
        0,
        MAX_SEED,
        0,
        help="The same seed gives the same draws: samples, draws of z, draws of x.",
    )
    return "draw" if shown == "draw" and model.has_likelihood else "mean", seed


def main_columns(hide: frozenset[str]) -> list[DeltaGenerator]:
    """Columns for the images, the explorer and the ELBO.

    Those of hidden parts give their width to the others: the parts are in the explorer's column, unseen.
    """
    widths = {"pick": 10, "explorer": 26, "elbo": 12}
    shown = [name for name in widths if name not in hide]
    columns = dict(zip(shown, st.columns([widths[name] for name in shown], gap="medium"), strict=True))
    return [columns.get(name) or columns["explorer"].container(key=share.unseen(name)) for name in widths]


@torch.no_grad()
def code(model: Model, chosen: Chosen) -> list[float]:
    """Where the encoder puts the image: its posterior mean."""
    values: list[float] = model.embed(chosen.x.unsqueeze(0))[0].tolist()
    return values


def explorer(
    slot: str, *, key: str, start: list[float], token: str = "", shown: Decoding = "mean", seed: int = 0
) -> list[float] | None:
    """The latent explorer at `start` until the visitor moves it; the z they choose is kept in the address."""
    if url_state.decides(key):
        _follow_address(key, start)
    z = latent_explorer(slot, key=key, z=start, token=token, show=shown, seed=seed)
    if z is None or url_state.z_to_text(z) == url_state.z_to_text(start):
        url_state.put("z", None)
    elif len(z) == len(start):  # else it is of another model, in training
        url_state.put("z", url_state.z_to_text(z))
    return z


def _follow_address(key: str, start: list[float]) -> None:
    text = url_state.get("z")
    if text is None:
        if key in st.session_state:  # back to before z was chosen
            move_to(key, start)
        return
    try:
        move_to(key, url_state.z_from_text(text, len(start)))
    except UsageError as error:
        url_state.note(str(error))


def publish(name: str, checkpoint: Checkpoint, slot: str) -> None:
    """Send a model's decoder to the page's `slot`, with encoded test images, and an extent that holds them."""
    dataset = checkpoint.card["dataset"] if at_hand(checkpoint.card["dataset"]) else "digits"
    encoded, labels = _encoded(name, dataset, checkpoint)
    limit = PRIOR_LIMIT if checkpoint.model.has_likelihood else float(encoded.abs().quantile(0.95).ceil())
    publish_decoder(
        checkpoint.model, slot, key=f"{slot}-decoder", points=encoded, point_labels=labels, limit=limit
    )


# By session, as visitors give their own models the same names.
@st.cache_resource(scope="session", max_entries=16, show_spinner=False)
@torch.no_grad()
def _encoded(name: str, dataset: str, _checkpoint: Checkpoint) -> tuple[Tensor, Tensor]:
    split: Split = data.load(dataset, "test")
    x = test_inputs(dataset, binarization(_checkpoint.model))[:POINTS]
    return _checkpoint.model.embed(x), split.labels[:POINTS]


def show_elbo(checkpoint: Checkpoint, chosen: Chosen, terms: ImageTerms, shown: Decoding, seed: int) -> None:
    """The image, its reconstruction and where it misses; the formula with its numbers; the KL by dimension."""
    model = checkpoint.model
    black_and_white = binarization(model) == "static"
    shape = model.config.image_shape
    density = terms.per_pixel.min() < 0  # of a pixel, above 1
    scale = f"{'black ≤ 0, ' if density else ''}white ≥ {TOP_PIXEL_NATS:g}"
    if shown == "draw":
        decoded, how = draw_at_mean(model, chosen.x, seed), "a draw at μ(x)"
    else:
        decoded, how = terms.mean, "mean at μ(x)" if model.has_likelihood else "f(g(x))"
    changing_html(
        row(
            [
                figure(
                    picture(chosen.x, shape),
                    f"The image: {chosen.caption}",
                    "x, binarised" if black_and_white else "x",
                ),
                figure(
                    picture(decoded, shape),
                    "Its reconstruction",
                    how,
                ),
                figure(
                    heat(terms.per_pixel, shape, TOP_PIXEL_NATS),
                    f"Nats at each pixel, {terms.per_pixel.sum():.0f} in all",
                    f"nats a pixel, {scale}",
                ),
            ]
        )
        + formula(terms)
        + (OTHER_IMAGES if is_of_other_images(chosen, checkpoint) else "")
        + "".join(
            per_dimension(values, max(KL_SCALE_NATS, values.max().item()))
            for values in terms.kl_by_dimension.values()
        ),
        key="elbo",
    )


def terms_of(model: Model, chosen: Chosen) -> ImageTerms:
    """The terms of the image, kept for the runs of controls that change neither it nor the model."""
    kept = st.session_state.get("_terms")
    if kept is None or kept[0] is not model or kept[1] != chosen.key:
        kept = st.session_state["_terms"] = (model, chosen.key, image_terms(model, chosen.x))
    terms: ImageTerms = kept[2]
    return terms


@torch.no_grad()
def draw_at_mean(model: Model, x: Tensor, seed: int) -> Tensor:
    """One draw from p(x|z) at the posterior mean of `x: [dim]`."""
    likelihood = model.decode(model.embed(x.unsqueeze(0)))
    assert isinstance(likelihood, Independent)
    return sample_pixels(likelihood, torch.Generator(model.device).manual_seed(seed))[0]


@torch.no_grad()
def show_z(model: Model, chosen: Chosen, start: list[float], z: list[float] | None) -> None:
    """What the z that was let go of means for the chosen image, whose own code is `start`."""
    if z is None or len(z) != len(start) or url_state.z_to_text(z) == url_state.z_to_text(start):
        st.caption(
            "Drag in the plane, move a slider, or press the arrow keys: the image is decoded as you move."
        )
        return
    latent = torch.tensor(z)
    loss = _number(-model.decode(latent).log_prob(chosen.x).item())
    if not model.has_likelihood:
        st.caption(f"Your z reconstructs the chosen image with an error of **{loss} nats**.")
        return
    density = _number(model.encode(chosen.x.unsqueeze(0))["z"].log_prob(latent).item())
    st.caption(
        f"Your z reconstructs the chosen image at **−log p(x|z) = {loss} nats**; its log-density under the encoder is "
        f"log q(z|x) = {density} nats."
    )


def _number(value: float) -> str:
    """One decimal, with a true minus sign."""
    return f"{value:.1f}".replace("-", "−")
