"""The autoencoder beside the VAE on the same plane: what a prior and a q(z|x) change about the space between images."""

import math
from collections.abc import Mapping

import streamlit as st
import torch
from torch import Tensor

from ui import models, words
from ui.address import url_state
from ui.charts import show
from ui.images.choice import dataset_beside, for_model
from ui.images.decoded import decoded, montage
from ui.images.figures import figure, row
from ui.images.splits import model_inputs
from ui.looks.compared import heading
from ui.looks.digit_plane import digit_plane, extent_of, share_chart
from ui.looks.encoded import Encoded, encoded_pretrained
from ui.looks.objective_ends import within_prior
from ui.looks.view import View
from ui.terms import measured_terms
from vaemodels.analysis.comparisons import best_fit, digit_shares, fitted_draws
from vaemodels.checkpoints import Checkpoint
from vaemodels.models import Model
from vaemodels.pictures import picture

TITLES = {"ae-2d": "Autoencoder", "vae-2d": "VAE"}
STORIES = {
    "ae-2d": "Codes lie wherever the error is lowest, with gaps between them.",
    "vae-2d": "Codes fill the prior (dotted, 2σ), each with a cloud around it that decodes alike.",
}
IMAGES = 400
STEPS = 12
DRAWS, SHOWN = 1_000, 8
DIGITS = {str(digit): str(digit) for digit in range(10)}
SCALES = {"own": "each its own", "same": "the same"}


def render(view: View) -> None:
    """Both planes with the line between two images; then that line, the prior and the codes' own spread, decoded."""
    found = models.present(TITLES)
    if not found:
        return
    line, scale = st.columns([3, 2], gap="medium")
    with line:
        digit = int(url_state.segmented("A straight line from the chosen image to a", "line", DIGITS, "0"))
    with scale:
        same = url_state.segmented("Scale of the planes", "scale", SCALES, "own") == "same"

    codes = {name: encoded_pretrained(name, checkpoint) for name, checkpoint in found.items()}
    ends = {
        name: ends_of_line(
            checkpoint.model,
            for_model(view.chosen, checkpoint.model),
            dataset_beside(view.chosen, checkpoint),
            digit,
        )
        for name, checkpoint in found.items()
    }
    extents = {name: extent_of(torch.cat([codes[name].mean, ends[name]])) for name in found}
    columns = dict(zip(found, st.columns(len(found), gap="medium"), strict=True))
    for name, checkpoint in found.items():
        extent = max(extents.values()) if same else extents[name]
        with columns[name]:
            _plane(view, name, checkpoint, codes[name], ends[name], extent)
    _along_the_line(view, found, ends, digit)
    prior, fitted = st.columns(2, gap="medium")
    with prior:
        _random(view, found, codes, "Draws z ~ N(0, I), the same for both", False)
    with fitted:
        _random(view, found, codes, "Draws from a Gaussian fitted to each one’s codes", True)
    if "ae-2d" in found:
        inside, beyond = spread(codes["ae-2d"].mean, view.seed)
        st.markdown(
            "The VAE was trained to fill N(0, I). The autoencoder was never told of any prior: only "
            f"**{inside:.0%}** of its codes lie within 2σ of N(0, I); of draws from it, {1 - math.exp(-2):.0%} do. "
            f"**{beyond:.0%}** of the draws from a Gaussian fitted to its codes fall farther out than half of them."
        )
    any_codes = next(iter(codes.values()))
    st.caption(
        f"Marked by their digit: μ(x) of the VAE, g(x) of the autoencoder, for "
        f"{words.test_images(any_codes.dataset, len(any_codes.mean[:IMAGES]), 'static')}; shares are over the codes of "
        f"{words.test_images(any_codes.dataset, len(any_codes.mean), 'static')}. Terms in nats: means over "
        f"{words.measured_on(next(iter(found.values())).card)}, ± one standard error."
    )
    if len({checkpoint.card["dataset"] for checkpoint in found.values()}) > 1:
        st.caption("The two were trained on different images, so expect them to differ for that reason too.")


@torch.no_grad()
def ends_of_line(model: Model, chosen: Tensor, dataset: str, digit: int) -> Tensor:
    """The codes `[2, z_dim]` of the `chosen` image `[dim]` and of the first other test image of `digit`."""
    x, labels = model_inputs(dataset, model, IMAGES)
    others = (labels == digit) & (x != chosen).any(1)
    return model.embed(torch.stack([chosen, x[others][0]]))


def spread(codes: Tensor, seed: int) -> tuple[float, float]:
    """The share of `codes: [n, 2]` within 2σ of N(0, I), and that of a fitted Gaussian's draws beyond half of them."""
    noise = torch.randn(DRAWS, 2, generator=torch.Generator().manual_seed(seed))
    farther = fitted_draws(codes, noise).norm(dim=1) > codes.norm(dim=1).median()
    return within_prior(codes), farther.float().mean().item()


def points_on_line(ends: Tensor) -> Tensor:
    """`STEPS` points `[STEPS, z_dim]` from one end to the other, ends included, evenly spaced."""
    return torch.lerp(ends[0], ends[1], torch.linspace(0, 1, STEPS).unsqueeze(1))


def _plane(
    view: View, name: str, checkpoint: Checkpoint, codes: Encoded, ends: Tensor, extent: float
) -> None:
    """One model's plane, what it makes of the chosen image, and what it measured."""
    points = codes.mean[:IMAGES]
    heading(view, f"**{TITLES[name]}**", name)
    st.html(f'<div class="lab-note">The plane reaches to ±{extent:.1f}</div>')
    show(
        digit_plane(points, codes.labels[:IMAGES], extent, ends),
        f"{name}-line-{extent:.1f}",
        f"{len(points)} test images on the latent plane of {name}, each marked by its digit, between −{extent:.1f} and "
        f"{extent:.1f}; a line from the chosen image (ring) to another (diamond).",
        height=380,
    )
    model = checkpoint.model
    shape = model.config.image_shape
    pictures, terms = st.columns([2, 3], gap="small")
    with pictures:
        st.html(
            row(
                [
                    figure(
                        picture(for_model(view.chosen, model), shape),
                        f"The image: {view.chosen.caption}",
                        "x",
                    ),
                    figure(
                        picture(decoded(model, ends[:1], view.show, view.seed)[0], shape),
                        f"Its reconstruction by {name}",
                        f"{view.show} at μ(x)" if model.has_likelihood else "f(g(x))",
                    ),
                ]
            )
        )
    with terms:
        st.html(measured_terms(checkpoint.card))
        st.caption(STORIES[name])


def _along_the_line(
    view: View, found: Mapping[str, Checkpoint], ends: Mapping[str, Tensor], digit: int
) -> None:
    """The points between the two images through both decoders, one row a model, and how far from a digit they come."""
    lines = {name: points_on_line(ends[name]) for name in found}
    _strips(view, found, lines, f"Along the line, to a {digit}")
    worst = []
    for name, checkpoint in found.items():
        fit = worst_fit(checkpoint.model, lines[name], dataset_beside(view.chosen, checkpoint))
        measure = "−log p(x|z)" if checkpoint.model.has_likelihood else "its reconstruction error"
        worst.append(f"**{fit:.0f} nats** for the {TITLES[name]} ({measure})")
    st.caption(
        "A frame between two digits should still be one. How well does some test image fit a frame? At the row’s worst "
        f"frame, the one that fits best costs {' and '.join(worst)}. Where that is high, the line passes "
        "where no codes lie. A VAE’s codes leave fewer such gaps, yet some lines cross one in both."
    )


@torch.no_grad()
def worst_fit(model: Model, line: Tensor, dataset: str) -> float:
    """−log p(x|z) of the test image that fits best, at the point of `line: [n, z_dim]` where it fits worst, in nats."""
    x, _ = model_inputs(dataset, model, IMAGES)
    return best_fit(model.decode(line).mean, x).max().item()


def _random(
    view: View, found: Mapping[str, Checkpoint], codes: Mapping[str, Encoded], title: str, fitted: bool
) -> None:
    """Draws from N(0, I), or from the Gaussian `fitted` to the codes, decoded; which digits they come out as."""
    noise = torch.randn(DRAWS, 2, generator=torch.Generator().manual_seed(view.seed))
    draws = {name: fitted_draws(codes[name].mean, noise) if fitted else noise for name in found}
    _strips(view, found, {name: z[:SHOWN] for name, z in draws.items()}, title)
    shares = {TITLES[name]: digit_shares(draws[name], codes[name].mean, codes[name].labels) for name in found}
    rarest = ", ".join(
        f"{title} a {int(share.argmin())} at {share.min():.0%}" for title, share in shares.items()
    )
    show(
        share_chart(shares),
        f"shares-{'fitted' if fitted else 'prior'}",
        f"Which digits {DRAWS:,} draws come out as. "
        + " ".join(f"{title}: {described_shares(share)}." for title, share in shares.items()),
        height=190,
    )
    st.caption(f"Share of {DRAWS:,} such draws by the digit of the nearest code. Rarest: {rarest}.")


def described_shares(shares: Tensor) -> str:
    """Shares `[10]` as text for those who can't see the bars."""
    return ", ".join(f"{digit} {share:.0%}" for digit, share in enumerate(shares.tolist()))


def _strips(view: View, found: Mapping[str, Checkpoint], latents: Mapping[str, Tensor], title: str) -> None:
    pixels = [decoded(found[name].model, latents[name], view.show, view.seed) for name in found]
    shape = next(iter(found.values())).model.config.image_shape
    labels = [TITLES[name] for name in found]
    columns = len(pixels[0])
    st.html(
        f'<div class="lab-note">{title}</div>'
        + montage(
            torch.cat(pixels), shape, columns, f"{title}; by row: {', '.join(labels)}", row_labels=labels
        )
    )
