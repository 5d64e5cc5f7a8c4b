"""What a visitor trains first: as good within seconds as what ships."""

import pytest

from vaemodels import presets, runs
from vaemodels.losses import headline
from vaemodels.training import fit

# Held-out nats an image after the last epoch: −ELBO as measured at seed 0, with half a nat to spare.
TARGETS = {"vae-digits": 138.9, "vae-2d-digits": 146.5, "gmvae-10-digits": 138.7}


@pytest.mark.parametrize("name", TARGETS)
def test_a_quick_preset_reaches_its_target(name: str) -> None:
    preset = presets.QUICK[name]
    run, _ = runs.new(name, preset.model, preset.config, preset.training)
    (*_, last) = fit(run, *runs.data(preset.training))
    assert headline(last.held_out) < TARGETS[name]
