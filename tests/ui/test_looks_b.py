"""The looks that compare pretrained models, each run alone, on small models made here."""

import base64
import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ui.images.choice import image_named
from ui.images.decoded import decoded
from ui.images.splits import model_inputs
from ui.looks import autoencoder, objective_ends
from ui.looks.digit_plane import PRIOR_EXTENT, digit_plane, extent_of
from ui.looks.encoded import encoded_pretrained
from ui.looks.view import Decoding
from ui.vae import beta, decoders, factors
from ui.vae.rate_charts import rate_distortion_chart
from vaemodels import checkpoints, data, files
from vaemodels.analysis import comparisons, measure
from vaemodels.checkpoints import make_card
from vaemodels.evaluation import image_terms
from vaemodels.models import AE, VAE, AEConfig, VAEConfig
from vaemodels.pictures import grid
from vaemodels.presets import PRESETS

# What the cards of the β family say: rate and distortion.
MEASURED = {
    "vae-beta0.25": (27.0, 69.75),
    "vae-beta0.5": (23.5, 71.5),
    "vae": (20.0, 74.5),
    "vae-beta2": (15.0, 81.5),
    "vae-beta4": (10.5, 95.5),
    "vae-beta10": (5.25, 124.0),
}
PLANES = {"vae-2d-rec": (500.0, 130.0), "vae-2d-kl": (0.0, 207.0), "vae-2d": (7.0, 130.5)}
OTHERS = {"vae-gaussian": (30.0, -700.0), "ae-2d": (None, 126.75)}
ALL: dict[str, tuple[float | None, float]] = {**MEASURED, **PLANES, **OTHERS}
CHOSEN = "digits-3"


def save(folder: Path, name: str) -> None:
    """A small untrained model under a pretrained one's name, with the card of a measured one."""
    preset = PRESETS[name]
    torch.manual_seed(sorted(ALL).index(name))
    if preset.model == "ae":
        model: AE | VAE = AE(AEConfig(z_dim=2, hidden=(16,)))
    else:
        config = preset.config
        model = VAE(
            VAEConfig(z_dim=config.z_dim, hidden=(16,), likelihood=config.likelihood, variance="fixed")
        )
    rate, distortion = ALL[name]
    evaluation = {
        "dataset": "mnist",
        "split": "test",
        "n": 10_000,
        "binarization": "none" if name == "vae-gaussian" else "static",
        "active_units": 10,
        "reconstruction": distortion,
        "kl": {} if rate is None else {"z": rate},
        "nelbo": None if rate is None else rate + distortion,
        "stderr": {"reconstruction": 0.25, "nelbo": 0.5, "kl": {"z": 0.125}},
    }
    card = make_card(
        name=name,
        model=model,
        dataset="mnist",
        binarization=preset.training.binarization,
        training={"beta": preset.training.beta},
        seed=0,
        evaluation=evaluation,
    )
    checkpoints.save(folder / f"{name}.safetensors", model, card, dtype=torch.float32)


@pytest.fixture(autouse=True)
def pretrained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Iterable[str]], None]:
    """`pretrained(names)` puts small models of those names in the place of pretrained/; no MNIST."""
    folder = tmp_path / "pretrained"
    folder.mkdir()
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: folder)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    st.cache_data.clear()
    st.cache_resource.clear()
    data.load.cache_clear()

    def fill(names: Iterable[str]) -> None:
        for name in names:
            save(folder, name)

    return fill


def alone(look: str, key: str, show: str, seed: int) -> None:
    """A page with nothing on it but one look; it runs without this module's names."""
    import torch

    from ui.images.choice import image_named
    from ui.looks import View
    from ui.vae.page import LOOKS
    from vaemodels.checkpoints import Checkpoint
    from vaemodels.models import VAE, VAEConfig

    # The page's model is none of those compared: grey images, and other sizes.
    model = VAE(VAEConfig(z_dim=3, hidden=(8,), likelihood="gaussian"))
    checkpoint = Checkpoint(model, {"dataset": "digits"}, None, torch.float32)
    LOOKS[look].render(
        View(
            "mine-1", checkpoint, image_named(key, model), "draw" if show == "draw" else "mean", seed, "slot"
        )
    )


def look_at(look: str, show: Decoding = "mean", seed: int = 0, **state: str) -> AppTest:
    at = AppTest.from_function(alone, args=(look, CHOSEN, show, seed), default_timeout=60)
    for name, value in state.items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def alts(at: AppTest) -> list[str]:
    """The text alternatives of the charts."""
    return [element.proto.alt for element in at.get("plotly_chart")]


def pictures(at: AppTest) -> dict[str, np.ndarray]:
    """The pixels of every picture, by its text alternative."""
    found = re.findall(r'<img alt="([^"]*)" src="data:image/png;base64,([^"]*)"', html(at))
    return {alt: np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) for alt, png in found}


def picture_named(at: AppTest, start: str) -> np.ndarray:
    [found] = [pixels for alt, pixels in pictures(at).items() if alt.startswith(start)]
    return found


def words(at: AppTest) -> str:
    return "\n".join(element.value for element in (*at.markdown, *at.caption, *at.info))


@pytest.mark.parametrize("look", ["beta", "planes", "autoencoder", "decoders"])
@pytest.mark.parametrize("show", ["mean", "draw"])
def test_every_picture_and_chart_has_words_for_it(pretrained, look, show):
    pretrained(ALL)
    at = look_at(look, show)
    assert not at.warning
    assert all(len(alt) > 10 for alt in [*alts(at), *pictures(at)])
    assert pictures(at)


@pytest.mark.parametrize("look", ["beta", "planes", "autoencoder", "decoders"])
def test_without_any_of_its_models_a_look_is_one_sentence(look):
    at = look_at(look)
    [warning] = at.warning
    assert warning.value.startswith("Missing from the folder pretrained/: ")
    assert warning.value.endswith("fetch the project again to get the rest.")
    assert not at.get("plotly_chart")
    assert not pictures(at)


@pytest.mark.parametrize(
    ("look", "there", "missing"),
    [
        ("beta", ["vae-beta2", "vae-beta4"], "vae, vae-beta0.25, vae-beta0.5, vae-beta10"),
        ("beta", ["vae"], "vae-beta0.25, vae-beta0.5, vae-beta2, vae-beta4, vae-beta10"),
        ("planes", ["vae-2d"], "vae-2d-rec, vae-2d-kl"),
        ("autoencoder", ["vae-2d"], "ae-2d"),
        ("decoders", ["vae"], "vae-gaussian"),
        ("decoders", ["vae-gaussian"], "vae"),
    ],
)
def test_a_look_draws_what_is_there_and_names_what_is_not(pretrained, look, there, missing):
    pretrained(there)
    at = look_at(look)
    [warning] = at.warning
    assert f"pretrained/: {missing}. " in warning.value
    assert pictures(at)


def test_a_damaged_model_counts_as_missing(pretrained, tmp_path):
    pretrained(["vae", "vae-gaussian"])
    (tmp_path / "pretrained" / "vae-gaussian.safetensors").write_bytes(b"not a checkpoint")
    [warning] = look_at("decoders").warning
    assert "vae-gaussian" in warning.value


# β: rate against distortion


def test_the_chosen_beta_shows_the_terms_of_its_card(pretrained):
    pretrained(MEASURED)
    at = look_at("beta", beta="4")
    assert "106.0 ± 0.5" in html(at)  # −ELBO
    assert "95.5 ± 0.2" in html(at)
    assert "10.5 ± 0.1" in html(at)
    assert "= 137.5, the loss it was trained with" in html(at)  # 95.5 + 4 · 10.5
    assert "10,000 test images of MNIST, static binarisation" in words(at)
    assert "Best measured: **94.5** at β = 1" in words(at)
    assert "From β = 2 to 4 it falls by 3.11 nats" in words(at)  # 14 / 4.5
    assert "From β = 4 to 10 it falls by 5.43 nats" in words(at)  # 28.5 / 5.25


@pytest.mark.parametrize("show", ["mean", "draw"])
def test_the_strips_are_the_decoded_traversals_of_the_chosen_beta(pretrained, show):
    pretrained(MEASURED)
    at = look_at("beta", show, 5, beta="4")
    checkpoint = checkpoints.load("vae-beta4")
    model = checkpoint.model
    codes = encoded_pretrained("vae-beta4", checkpoint)
    assert codes.kl is not None
    kl = codes.kl.mean(0)
    order = kl.argsort(descending=True).tolist()
    base = model.embed(image_named(CHOSEN, model).x.unsqueeze(0))[0].detach()
    z = comparisons.traversals(base, order, torch.linspace(-3, 3, 11))
    expected = grid(decoded(model, z, show, 5), (1, 28, 28), 11)
    shown = picture_named(at, "Traversals at β = 4")
    np.testing.assert_array_equal(shown, expected)
    [alt] = [alt for alt in pictures(at) if alt.startswith("Traversals")]
    assert f"{kl[order[0]]:.2f}, " in alt


def test_correlations_are_measured_on_the_images_at_hand(pretrained):
    pretrained(MEASURED)
    at = look_at("beta", beta="2")
    x, _ = model_inputs("digits", checkpoints.load("vae").model, 300)
    means = checkpoints.load("vae-beta2").model.embed(x).detach()
    expected = comparisons.mean_correlation(comparisons.latent_correlations(means))
    assert "|Correlation| of the posterior means, each dimension with each" in html(at)
    [text] = [caption.value for caption in at.caption if caption.value.startswith("From 0 (faint)")]
    assert ("Blank: " in text) == bool(comparisons.latent_correlations(means).isnan().any())
    assert f"**{expected:.3f}** on average" in text
    assert "all 300 test images of the built-in digits" in text
    assert f"would read {comparisons.chance_correlation(300):.3f}" in text


def test_both_scores_are_shown_where_the_true_factors_are_known(pretrained):
    pretrained(MEASURED)
    at = look_at("beta")
    found = measure.load()["disentanglement"]["models"]
    assert [of["beta"] for of in found.values()] == [1, 4]
    for name, of in found.items():
        assert f"β = {of['beta']:g}: MIG **{of['mig']:.3f}** · {name}" in words(at)
        [alt] = [alt for alt in alts(at) if alt.startswith("Share") and f"at β = {of['beta']:g};" in alt]
        assert f"MIG {of['mig']:.3f}." in alt
    assert " ".join(factors.what_to_see(measure.load()["disentanglement"])) in words(at)
    assert "training images of the street digits, which are synthetic" in words(at)


def test_scores_that_are_not_measured_are_a_sentence_below_the_rest(pretrained, monkeypatch, tmp_path):
    pretrained(MEASURED)
    for load in (lambda: files.read_json(tmp_path / "none.json", measure.REMEDY), dict):
        st.cache_data.clear()
        monkeypatch.setattr(measure, "load", load)
        at = look_at("beta")
        [warning] = at.warning
        assert warning.value.endswith(f"; {measure.REMEDY}.")
        assert not any(alt.startswith("Share") for alt in alts(at))
        assert any(alt.startswith("Rate against distortion") for alt in alts(at))


def test_blank_cells_are_explained():
    correlations = torch.eye(4)
    correlations[:, [1, 3]] = correlations[[1, 3]] = torch.nan
    assert beta._blank(correlations).startswith("Blank: z₂, z₄, whose mean hardly changes")
    assert beta._blank(torch.eye(4)) == ""


def test_error_bars_are_announced_where_they_are_seen():
    estimate = comparisons.Estimate
    near, far = (
        [
            comparisons.RatePoint(
                "", b, estimate(10.0 * b, error), estimate(90.0 - b, 0.01), estimate(99.0, 0.1), 10
            )
            for b in (1, 2)
        ]
        for error in (0.05, 2.0)
    )
    assert beta.described_errors(near) == "standard errors, 0.1 nats at most, are smaller than the marks"
    assert beta.described_errors(far) == "bars are one standard error"


def test_the_circle_of_the_prior_lies_over_the_digits():
    points = torch.randn(200, 2)
    figure = digit_plane(points, torch.zeros(200, dtype=torch.int), 3.5)
    ground, circle = figure.layout.shapes
    assert [ground.layer, circle.layer] == ["above", "above"]
    assert (circle.x0, circle.x1, circle.y0, circle.y1) == (-2, 2, -2, 2)
    assert ground.line.width > circle.line.width  # what lies under it is kept away from it
    assert [note.text for note in figure.layout.annotations] == ["2σ"]


@torch.no_grad()
def test_a_decoder_that_no_gradient_reached_gives_about_what_its_bias_gives(monkeypatch):
    monkeypatch.undo()
    model = checkpoints.load("vae-2d-kl").model
    assert isinstance(model, VAE)
    mean = list(model.decoder.parameters())[-1].sigmoid()
    z = comparisons.plane_grid(torch.tensor([-2.0, -2.0]), torch.tensor([2.0, 2.0]), 5)
    assert (model.decode(z).mean - mean).abs().mean() < 0.02


def _points() -> list[comparisons.RatePoint]:
    return comparisons.rate_distortion(checkpoints.read_card(name) for name in MEASURED)


def test_the_curve_has_the_right_slopes(pretrained):
    pretrained(MEASURED)
    meanings = ("bound", "kl", "reconstruction")
    colours = dict.fromkeys(("text", "ink", *meanings, *(f"{of}_text" for of in meanings)), "#123456")
    *levels, tangent, best, curve = rate_distortion_chart(_points(), 4, colours).data
    assert list(zip(curve.x, curve.y, strict=True)) == sorted(MEASURED.values(), reverse=True)
    assert list(curve.customdata) == ["0.25", "0.5", "1", "2", "4", "10"]  # what a click chooses
    assert list(curve.error_x.array) == [0.125] * 6
    assert (best.x[0], best.y[0]) == MEASURED["vae"]
    assert len(levels) >= 3
    for level in levels:  # R + D is constant
        assert level.x[0] + level.y[0] == pytest.approx(level.x[1] + level.y[1])
    slope = (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0])
    assert slope == pytest.approx(-4)
    assert sum(tangent.x) / 2 == pytest.approx(10.5)
    assert sum(tangent.y) / 2 == pytest.approx(95.5)


# Reconstruction or KL


def test_planes_show_draws_of_q_and_say_where_the_scale_differs(pretrained):
    pretrained(PLANES)
    at = look_at("planes", seed=3)
    for name in PLANES:
        codes = encoded_pretrained(name, checkpoints.load(name))
        points = objective_ends.draw_codes(codes, 3)
        assert codes.std is not None
        noise = (points - codes.mean) / codes.std
        torch.testing.assert_close(
            noise, torch.randn(300, 2, generator=torch.Generator().manual_seed(3)), atol=1e-4, rtol=1e-4
        )
        extent = extent_of(points)
        assert any(f"plane of {name}" in alt and f"−{extent:.1f}" in alt for alt in alts(at))
        scale = [text for text in at.markdown if text.value.startswith(objective_ends.STORIES[name][1])]
        assert ("Mind the scale" in scale[0].value) == (extent > PRIOR_EXTENT)
        assert f"**{objective_ends.within_prior(points):.0%}** of these draws" in words(at)
        assert f"is **{codes.std.median():.3f}**" in words(at)
        model = checkpoints.load(name).model
        corner = torch.full((2,), extent)
        expected = grid(
            decoded(model, comparisons.plane_grid(-corner, corner, 12), "mean", 0), (1, 28, 28), 12
        )
        np.testing.assert_array_equal(
            picture_named(at, f"12 × 12 images decoded from the square of {name} "), expected
        )
    assert "630.0 ± 0.5" in html(at)
    assert "0.0 ± 0.1" in html(at)


def test_the_share_within_the_prior():
    points = torch.tensor([[0.0, 1.9], [-1.5, 1.5], [1.4, 1.4], [30.0, 0.0]])
    assert objective_ends.within_prior(points) == 0.5
    prior = torch.randn(100_000, 2, generator=torch.Generator().manual_seed(0))
    assert objective_ends.within_prior(prior) == pytest.approx(1 - np.exp(-2), abs=0.005)


def test_a_plane_holds_the_prior_and_nearly_all_points():
    assert extent_of(torch.zeros(100, 2)) == PRIOR_EXTENT
    points = torch.linspace(-50, 50, 1000).unsqueeze(1).expand(-1, 2)
    assert extent_of(points) == pytest.approx(49, abs=0.1)


# Autoencoder


def test_the_line_goes_from_the_chosen_image_to_another(pretrained):
    pretrained(["ae-2d", "vae-2d"])
    model = checkpoints.load("ae-2d").model
    x, labels = model_inputs("digits", model, 300)
    [first, second] = (labels == 7).nonzero().flatten()[:2].tolist()
    for chosen, other in ((0, first), (first, second)):
        ends = autoencoder.ends_of_line(model, x[chosen], "digits", 7)
        torch.testing.assert_close(ends, model.embed(x[[chosen, other]]).detach())
    line = autoencoder.points_on_line(torch.tensor([[0.0, 2.0], [11.0, -9.0]]))
    torch.testing.assert_close(line, torch.stack([torch.arange(12.0), 2 - torch.arange(12.0)], 1))


def test_both_models_decode_the_same_line_and_the_same_noise(pretrained):
    pretrained(["ae-2d", "vae-2d"])
    at = look_at("autoencoder", seed=4, line="7")
    models = [checkpoints.load(name).model for name in ("ae-2d", "vae-2d")]
    lines, draws = [], []
    noise = torch.randn(1_000, 2, generator=torch.Generator().manual_seed(4))
    for model in models:
        x = image_named(CHOSEN, model).x
        line = autoencoder.points_on_line(autoencoder.ends_of_line(model, x, "digits", 7))
        lines.append(decoded(model, line, "mean", 4))
        draws.append(decoded(model, noise[:8], "mean", 4))
    np.testing.assert_array_equal(
        picture_named(at, "Along the line, to a 7"), grid(torch.cat(lines), (1, 28, 28), 12)
    )
    np.testing.assert_array_equal(
        picture_named(at, "Draws z ~ N(0, I)"), grid(torch.cat(draws), (1, 28, 28), 8)
    )
    assert "reconstruction error = " in html(at)
    assert "126.8 ± 0.2" in html(at)


def test_the_planes_can_share_a_scale(pretrained):
    pretrained(["ae-2d", "vae-2d"])
    apart, together = (
        set(re.findall(r"reaches to ±([\d.]+)", html(look_at("autoencoder", scale=scale))))
        for scale in ("own", "same")
    )
    assert len(together) == 1
    assert max(map(float, apart)) == float(*together)


def test_shares_are_those_of_the_nearest_codes(pretrained):
    pretrained(["ae-2d", "vae-2d"])
    at = look_at("autoencoder", seed=2)
    noise = torch.randn(1_000, 2, generator=torch.Generator().manual_seed(2))
    codes = encoded_pretrained("ae-2d", checkpoints.load("ae-2d"))
    share = comparisons.digit_shares(noise, codes.mean, codes.labels)
    assert any(autoencoder.described_shares(share) in alt for alt in alts(at))
    radius = codes.mean.norm(dim=1)
    fitted = comparisons.fitted_draws(codes.mean, noise).norm(dim=1)
    assert f"**{(radius < 2).float().mean():.0%}** of its codes lie within 2σ" in words(at)
    assert f"**{(fitted > radius.median()).float().mean():.0%}** of the draws" in words(at)


def test_the_best_fit_is_the_cheapest_image():
    x = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    means = torch.tensor([[0.9, 0.2, 0.6], [0.1, 0.1, 0.5]])
    expected = torch.stack(
        [-torch.distributions.Bernoulli(means).log_prob(image).sum(1) for image in x]
    ).amin(0)
    torch.testing.assert_close(comparisons.best_fit(means, x), expected)


# Two decoders


def test_the_gaussian_constant_is_filled_in(pretrained):
    pretrained(["vae", "vae-gaussian"])
    at = look_at("decoders")
    gaussian = checkpoints.load("vae-gaussian").model
    x = image_named(CHOSEN, gaussian).x
    terms = image_terms(gaussian, x)
    std = decoders.pixel_std(gaussian)
    assert std == pytest.approx(0.1**0.5)
    constant = comparisons.gaussian_constant(std, 784)
    filled = f"**{terms.reconstruction - constant:.1f} + ({constant:.1f}) = {terms.reconstruction:.1f}**"
    assert filled.replace("-", "−") in words(at)
    assert "not comparable" in words(at)
    for name in ("vae", "vae-gaussian"):
        model = checkpoints.load(name).model
        image = image_named(CHOSEN, model).x
        mean = image_terms(model, image).mean
        assert f"**{(mean - x).square().mean():.4f}** ({name})" in words(at)


def test_the_squares_and_the_constant_are_the_whole_reconstruction(pretrained):
    pretrained(["vae-gaussian"])
    model = checkpoints.load("vae-gaussian").model
    x = image_named(CHOSEN, model).x
    likelihood = model.decode(torch.zeros(10))
    squares = (x - likelihood.mean).square().sum() / (2 * decoders.pixel_std(model) ** 2)
    total = squares + comparisons.gaussian_constant(decoders.pixel_std(model), 784)
    assert total.item() == pytest.approx(-likelihood.log_prob(x).item(), rel=1e-5)


def test_a_draw_is_black_and_white_or_noisy_by_its_likelihood_and_by_its_seed(pretrained):
    pretrained(["vae", "vae-gaussian", "ae-2d"])
    z = torch.zeros(4, 10)
    bernoulli, gaussian = (checkpoints.load(name).model for name in ("vae", "vae-gaussian"))
    draws = decoded(bernoulli, z, "draw", 1)
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(draws, decoded(bernoulli, z, "draw", 1))
    assert (draws != decoded(bernoulli, z, "draw", 2)).any()
    noise = decoded(gaussian, z, "draw", 1) - decoded(gaussian, z, "mean", 1)
    assert noise.std().item() == pytest.approx(0.1**0.5, rel=0.05)
    # A z and a seed give one draw, whatever is decoded beside it.
    torch.testing.assert_close(decoded(bernoulli, z[:1], "draw", 1), draws[3:])
    ae = checkpoints.load("ae-2d").model
    torch.testing.assert_close(decoded(ae, z[:, :2], "draw", 1), decoded(ae, z[:, :2], "mean", 1))
