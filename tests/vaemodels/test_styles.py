"""Styles written as every digit, and what a code holds of the label: against other ways to compute the same."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from vaemodels import checkpoints
from vaemodels.analysis import styles
from vaemodels.evaluation import image_terms
from vaemodels.models import FSVAE, SSVAE, FSVAEConfig, SSVAEConfig


@pytest.fixture
def model() -> FSVAE:
    torch.manual_seed(0)
    return FSVAE(FSVAEConfig(image_shape=(1, 4, 4), z_dim=3, hidden=(12, 8), n_labels=4))


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand((8, 16), generator=torch.Generator().manual_seed(5)).round()


def test_a_style_is_written_as_every_label_with_one_z(model):
    z = torch.randn(5, 3)
    with torch.no_grad():
        expected = torch.stack([model.decode(z, torch.full((5,), y)).mean for y in range(4)])
    torch.testing.assert_close(styles.written(model, z), expected)


def test_a_cell_counts_as_read_where_the_classifier_says_its_row(model):
    torch.manual_seed(1)
    reader = SSVAE(SSVAEConfig(image_shape=(1, 4, 4), z_dim=2, hidden=(6,), n_labels=4))
    z = torch.randn(7, 3)
    found = styles.agreement(model, reader, z)
    assert found.shape == (4, 7)
    for y in range(4):
        assert torch.equal(found[y], reader.classify(styles.written(model, z)[y]).argmax(-1) == y)


def test_the_regression_is_at_its_optimum_and_agrees_with_another_implementation():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(300) % 3
    features = torch.randn(300, 4, generator=generator) + torch.nn.functional.one_hot(labels, 4)
    weights, biases = styles.fit_logistic(features, labels, 3)
    scores = features.double() @ weights.T + biases
    residual = scores.softmax(1) - torch.nn.functional.one_hot(labels, 3)
    gradient = residual.T @ features.double() / 300 + styles.PENALTY * weights
    assert gradient.abs().max() < 1e-4
    other = LogisticRegression(C=1 / (300 * styles.PENALTY), tol=1e-8, max_iter=1000).fit(features, labels)
    torch.testing.assert_close(
        scores.softmax(1), torch.from_numpy(other.predict_proba(features)), atol=1e-3, rtol=0
    )


def test_codes_that_are_the_label_give_it_away_and_noise_does_not():
    labels = torch.arange(500) % 10
    generator = torch.Generator().manual_seed(0)
    given = torch.nn.functional.one_hot(labels, 10) + 0.01 * torch.randn(500, 10, generator=generator)
    assert (styles.predicted_from(given, labels, 10) == labels).all()
    noise = torch.randn(500, 10, generator=generator)
    right = (styles.predicted_from(noise, labels, 10) == labels).double().mean().item()
    assert abs(right - 0.1) < 3 * math.sqrt(0.09 / 500)


def test_no_image_helps_to_predict_itself():
    """Were its own label in the fit, each of these would be found."""
    labels = torch.randint(2, (60,), generator=torch.Generator().manual_seed(0))
    codes = torch.eye(60)
    right = (styles.predicted_from(codes, labels, 2) == labels).double().mean().item()
    assert right < 0.75


def test_wrong_labels_are_wrong_and_of_every_kind():
    labels = torch.arange(90) // 9
    told = styles.other_labels(labels, 10)
    assert (told != labels).all()
    assert len({*zip(labels.tolist(), told.tolist(), strict=True)}) == 90


def test_an_image_under_every_label_is_its_terms_at_each(model, x):
    found = styles.under_every_label(model, x[0])
    for y in range(4):
        terms = image_terms(model, x[0], torch.tensor(y))
        assert found.nelbo[y].item() == pytest.approx(terms.nelbo, rel=1e-6)
        torch.testing.assert_close(found.style[y], terms.code)
    by_hand = math.log(sum(math.exp(-value) / 4 for value in found.nelbo.tolist()))
    assert found.marginal == pytest.approx(by_hand, abs=1e-5)
    assert found.posterior.sum().item() == pytest.approx(1)
    assert int(found.posterior.argmax()) == int(found.nelbo.argmin())


def test_what_all_labels_add_up_to_is_below_log_p_of_x(model, x):
    """log p(x) = log 1/K Σ_y p(x|y), by many draws from the prior."""
    z = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        of_labels = [
            torch.logsumexp(model.decode(z, torch.full((len(z),), y)).log_prob(x[0]), 0) - math.log(len(z))
            for y in range(4)
        ]
    log_p = torch.logsumexp(torch.stack(of_labels), 0).item() - math.log(4)
    assert styles.under_every_label(model, x[0], draws=2_000).marginal < log_p + 0.05


def test_the_bounds_of_many_images_are_those_of_each(model, x):
    found = styles.elbo_by_label(model, x, draws=400)
    assert found.shape == (4, 8)
    for i in range(2):
        alone = -styles.under_every_label(model, x[i], draws=4_000).nelbo
        torch.testing.assert_close(found[:, i], alone, atol=0.25, rtol=0)


def test_rewriting_under_a_label_encodes_and_decodes_under_it(model, x):
    y = torch.arange(8) % 4
    with torch.no_grad():
        expected = model.decode(model.encode(x, y)["z"].mean, y).mean
    torch.testing.assert_close(styles.rewritten(model, x, y), expected)


def test_only_what_lies_outside_of_0_to_1_is_clipped():
    values = torch.tensor([-0.01, 0.0, 0.5, 1.0, 1.01])
    assert styles.clipped(values).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize("name", ["fsvae", "fsvae-digits", "fsvae-streetdigits"])
def test_styles_of_a_shipped_model_are_independent_of_the_label_by_construction(name):
    """p(z) is one for all labels: the same seed gives the same styles, whatever is written."""
    model = checkpoints.load(name).model
    z = model.sample_prior(2, torch.Generator().manual_seed(0))
    images = styles.written(model, z)
    assert images.shape == (10, 2, math.prod(model.config.image_shape))
    assert (images[:, 0] - images[:, 1]).abs().amax(1).min() > 0.1  # another style, every digit changes
