"""The record of a run's gap over training: how it is made, and the one that is shipped."""

import dataclasses

import pytest

from vaemodels import amortisation, presets
from vaemodels.errors import LabError


def test_a_run_gives_a_record_after_the_epochs_asked_for():
    recipe = dataclasses.replace(presets.DIGITS, epochs=2)
    [record] = amortisation.snapshots(recipe, (2,), images=2)
    assert record["epoch"] == 2
    for split in ("train", "held_out"):
        assert record[split]["log_p"]["mean"] < -100
        assert record[split]["amortisation"]["mean"] >= 0
        assert record[split]["approximation"]["mean"] > -1e-3


def test_the_shipped_record_says_that_the_encoders_share_is_the_larger():
    story = amortisation.load()
    assert [record["epoch"] for record in story["snapshots"]] == list(amortisation.EPOCHS)
    for record in story["snapshots"]:
        for split in ("train", "held_out"):
            parts = record[split]
            assert parts["amortisation"]["mean"] > 3 * parts["approximation"]["mean"]
    assert amortisation.FILE.stat().st_size < 100_000


def test_without_it_there_is_a_remedy(tmp_path):
    with pytest.raises(LabError, match="make it with `python -m vaemodels"):
        amortisation.load(tmp_path / "none.json")
