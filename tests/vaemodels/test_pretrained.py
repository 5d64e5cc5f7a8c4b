"""The trained models in pretrained/: made by their presets, small enough together, and as good as they have to be."""

import pytest
import torch

from vaemodels import checkpoints, data, presets
from vaemodels.analysis.clustering import components_in_use
from vaemodels.evaluation import active_units
from vaemodels.models import GMVAE

MOST_BYTES = 48_000_000


def test_there_is_one_for_every_preset_and_no_other() -> None:
    assert set(checkpoints.pretrained_names()) == set(presets.PRESETS)


@pytest.mark.parametrize("name", presets.PRESETS)
def test_it_was_trained_by_its_preset_to_the_end_and_measured(name: str) -> None:
    card, preset = checkpoints.read_card(name), presets.get(name)
    assert card["model"] == preset.model
    assert type(preset.config)(**_tuples(card["config"])) == preset.config
    assert type(preset.training)(**card["training"]) == preset.training
    assert card["epoch"] == preset.training.epochs
    assert card["evaluation"]["dataset"] == preset.training.dataset
    assert card["evaluation"]["n"] == data.get(preset.training.dataset).sizes["test"]


def _tuples(config: dict[str, object]) -> dict[str, object]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}


def test_they_are_small_enough_to_come_with_the_project() -> None:
    files = checkpoints.pretrained_folder().iterdir()
    assert sum(file.stat().st_size for file in files) < MOST_BYTES


@pytest.mark.parametrize(
    "name", [name for name in checkpoints.pretrained_names() if name.endswith("-digits")]
)
def test_a_card_counts_the_active_units_of_all_levels(name: str) -> None:
    checkpoint = checkpoints.load(name)
    model, result = checkpoint.model, checkpoint.card["evaluation"]
    images, labels = data.load(result["dataset"], result["split"])
    x = data.binarize(images[: result["n"]], result["binarization"])
    with torch.no_grad():
        means = model.posterior_means(x, labels[: result["n"]] if model.needs_labels else None)
    assert means.shape[1] == sum(model.latent_dims.values())
    assert result["active_units"] == active_units(means)


def test_unlabelled_images_help_a_classifier_with_few_labels() -> None:
    with_all, labels_alone = (
        checkpoints.read_card(name)["evaluation"]["accuracy"] for name in ("ssvae", "ssvae-classifier")
    )
    assert 1 - with_all <= 0.7 * (1 - labels_alone)  # of the errors that distorted images leave


@pytest.mark.skipif(not data.is_available("mnist"), reason="MNIST is not on this machine")
def test_the_mixtures_components_are_all_in_use() -> None:
    model = checkpoints.load("gmvae-10").model
    assert isinstance(model, GMVAE)
    x = data.binarize(data.load("mnist", "test").images, "static")
    shares = model.occupancy(x, torch.Generator().manual_seed(0))
    assert components_in_use(shares) >= 8
    assert shares.min() >= 0.02
