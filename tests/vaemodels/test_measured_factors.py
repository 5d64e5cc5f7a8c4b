"""What the dimensions of two checkpoints tell of the true factors of street digits, as it is measured and kept."""

import json

import pytest
import torch
from torch import Tensor

from vaemodels import checkpoints, data
from vaemodels.analysis import measure
from vaemodels.analysis.disentanglement import information_gap, quantile_bins
from vaemodels.analysis.latent_space import Codes
from vaemodels.data import binarize
from vaemodels.data.streetdigits import FACTORS
from vaemodels.models import Model


def test_a_dimension_for_each_factor_is_measured_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pixels are the factors and a third is something else; each code is those three, nearly without noise."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(8, (1_200, 3), generator=generator, dtype=torch.uint8)

    def encode(_: Model, x: Tensor) -> Codes:
        return Codes(x, torch.full_like(x, 1e-4), None, None)

    monkeypatch.setattr(measure, "encode", encode)
    model = checkpoints.load("vae-digits").model
    found = measure.disentanglement_of(model, images, images[:, :2].long(), images[:, 2:].long())
    assert found["mig"] == pytest.approx(1, abs=0.02)
    assert found["shuffled"] == pytest.approx(0, abs=0.02)
    torch.testing.assert_close(torch.tensor(found["information"]), torch.eye(3, 2), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.tensor(found["others"]), torch.eye(3)[:, 2:], atol=0.03, rtol=0)
    assert json.loads(json.dumps(found)) == found


def test_the_file_holds_both_models_and_the_gap_of_what_it_holds() -> None:
    record = measure.load()["disentanglement"]
    assert record["factors"] == list(FACTORS)
    assert (record["dataset"], record["split"]) == ("streetdigits", measure.FACTOR_SPLIT)
    assert record["images"] == measure.FACTOR_IMAGES
    assert tuple(record["models"]) == measure.FACTORS_OF
    for name, found in record["models"].items():
        checkpoint = checkpoints.load(name)
        assert found["beta"] == checkpoint.card["training"]["beta"]
        information, others = torch.tensor(found["information"]), torch.tensor(found["others"])
        z_dim = checkpoint.model.latent_dims["z"]
        assert information.shape == (z_dim, len(FACTORS))
        assert others.shape == (z_dim, len(record["others"]))
        best, second = information.topk(2, dim=0).values
        assert found["mig"] == pytest.approx((best - second).mean().item(), abs=2e-4)
        # What n images leave where there is nothing to find is little beside what was found.
        assert 0 < found["shuffled"] < found["mig"] / 4


@pytest.mark.parametrize("name", measure.FACTORS_OF)
@torch.no_grad()
def test_what_the_file_says_of_the_best_dimensions_holds_of_the_test_images(name: str) -> None:
    """The test images are other and fewer, so that what they leave where there is nothing to find is taken off."""
    record = measure.load()["disentanglement"]
    split, styles = data.load("streetdigits", "test"), data.factors("streetdigits", "test")
    images = split.images
    values = [*(quantile_bins(styles[factor]) for factor in record["factors"]), split.labels]
    values.append(quantile_bins(images.double().mean(1)))
    factors = torch.stack(values, 1)
    found = record["models"][name]
    expected = torch.cat([torch.tensor(found["information"]), torch.tensor(found["others"])], 1)
    dimensions = expected.max(1).values.topk(4).indices

    q = checkpoints.load(name).model.encode(binarize(images, "none"))["z"]
    generator = torch.Generator().manual_seed(7)
    shuffled = factors[torch.randperm(len(factors), generator=generator)]
    both = torch.cat([factors, shuffled], 1)
    again = information_gap(q.mean[:, dimensions], q.stddev[:, dimensions], both, generator).information
    own, chance = again.chunk(2, 1)
    torch.testing.assert_close(own - chance, expected[dimensions], atol=0.025, rtol=0.1)
    assert expected[dimensions].max() > 0.5 and expected[dimensions].min() < 0.01
