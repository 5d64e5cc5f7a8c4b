"""What few labels teach: how the study is made, and the one that is shipped."""

import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from vaemodels import data, few_labels
from vaemodels.errors import LabError
from vaemodels.few_labels import LABELLED, SEEDS, WAYS, Way
from vaemodels.training_config import TrainingConfig


def test_every_way_meets_every_number_of_labels_in_every_draw() -> None:
    entrants = few_labels.entrants()
    assert len(entrants) == len(set(entrants)) == 48
    assert set(WAYS) == set(get_args(Way))
    assert LABELLED == (30, 100, 1_000, 3_000)


def test_a_run_is_judged_on_the_test_images_and_repeats() -> None:
    recipe = few_labels.settings(
        "labels", 1_000, recipe=TrainingConfig(epochs=10, batch_size=50, learning_rate=3e-3)
    )
    found = few_labels.train(recipe)
    right = found["accuracy"] * data.get("digits").sizes["test"]
    assert right == pytest.approx(round(right)) and 0.8 < found["accuracy"] < 1
    assert few_labels.train(recipe)["accuracy"] == found["accuracy"]


def test_what_is_there_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained: list[tuple[int, int]] = []

    def train(recipe: TrainingConfig) -> dict[str, Any]:
        trained.append((recipe.labelled, recipe.seed))
        if len(trained) == 3:
            raise KeyboardInterrupt
        return {"accuracy": 0.5, "seconds": 1.0}

    monkeypatch.setattr(few_labels, "train", train)
    out = tmp_path / "few.json"
    monkeypatch.setattr("sys.argv", ["few_labels", "--data", "digits", "--epochs", "1", "--out", str(out)])
    with pytest.raises(KeyboardInterrupt):
        few_labels.main()
    assert len(json.loads(out.read_text())["runs"]) == 2
    few_labels.main()
    assert len(trained) == 48 + 1
    found = few_labels.load(out)
    assert [(run["way"], run["labelled"], run["seed"]) for run in found["runs"]] == few_labels.entrants()
    assert found["images"] == data.get("digits").sizes["test"]
    monkeypatch.setattr("sys.argv", ["few_labels", "--data", "digits", "--epochs", "2", "--out", str(out)])
    with pytest.raises(LabError, match="another recipe"):
        few_labels.main()


def test_a_study_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"vaemodels\.few_labels"):
        few_labels.load(tmp_path / "none.json")


def test_the_shipped_study_is_by_this_recipe_and_no_run_is_in_it_twice() -> None:
    study = few_labels.load()
    done = [(run["way"], run["labelled"], run["seed"]) for run in study["runs"]]
    assert len(done) == len(set(done)) and set(done) <= set(few_labels.entrants())
    # One draw of the labels at least is whole.
    assert {entrant for entrant in few_labels.entrants() if entrant[2] == SEEDS[0]} <= set(done)
    assert study["config"] == json.loads(json.dumps(dataclasses.asdict(few_labels.MODEL)))
    assert study["training"] == dataclasses.asdict(few_labels.RECIPE) and study["ways"] == WAYS
    assert (study["dataset"], study["split"], study["images"]) == ("mnist", "test", 10_000)
    assert all(0.01 < run["accuracy"] < 1 and run["seconds"] > 0 for run in study["runs"])


def test_what_the_page_says_of_the_shipped_study() -> None:
    found = few_labels.accuracies(few_labels.load())
    for labelled in LABELLED:
        assert max(found["drawn", labelled]) < 0.2  # sampled labels teach next to nothing
    for labelled in (30, 100):
        assert max(found["summed", labelled]) < min(found["labels", labelled]) - 0.4
    assert max(found["summed", 3_000]) < 0.6
