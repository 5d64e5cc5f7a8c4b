import dataclasses
import json
import math
from pathlib import Path

import pytest

from vaemodels import presets, race, runs
from vaemodels.data import Split
from vaemodels.errors import LabError
from vaemodels.training_config import TrainingConfig

RECIPE = TrainingConfig(dataset="digits", epochs=2, batch_size=200, precision="float32")


def few(count: int) -> Split:
    _, held_out = runs.data(RECIPE)
    return Split(held_out.images[:count], held_out.labels[:count])


def test_six_runs_differ_in_the_bound_and_k_alone() -> None:
    assert sorted(race.entrants()) == [(bound, k) for bound in ("elbo", "iwae") for k in (1, 5, 50)]


@pytest.mark.parametrize(("objective", "k"), [("elbo", 1), ("elbo", 3), ("iwae", 3)])
def test_a_run_is_scored_on_its_own_bound_and_on_a_common_one(objective: race.Bound, k: int) -> None:
    recipe = dataclasses.replace(RECIPE, objective=objective, k=k)
    records = list(race.run(recipe, few(50), score_k=20))
    assert [record["epoch"] for record in records] == [1, 2]
    for record in records:
        assert all(math.isfinite(value) and value < 0 for value in (record["train"], record["held_out"]))
        # L_20 lies above the ELBO and above L_3, and both are about the same images.
        assert 0 < record["score"] - record["held_out"] < 20
        assert 0 < record["stderr"] < 10
    assert records[1]["score"] > records[0]["score"]
    assert list(race.run(recipe, few(50), score_k=20)) == records


def test_the_race_on_file_is_whole() -> None:
    held = race.load()
    assert [(run["objective"], run["k"]) for run in held["runs"]] == race.entrants()
    assert held["training"]["epochs"] == presets.SHORT_ADAM.epochs
    assert held["score_k"] == race.SCORE_K
    for run in held["runs"]:
        assert [record["epoch"] for record in run["history"]] == list(range(1, presets.SHORT_ADAM.epochs + 1))
        last = run["history"][-1]
        # Of one model L_500 is the higher bound, by more than it is uncertain.
        assert last["score"] > last["held_out"] + 0.1


def test_a_race_that_is_not_there_says_how_to_hold_it(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"vaemodels\.race"):
        race.load(tmp_path / "race.json")


def test_what_is_there_is_not_trained_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = []

    def run(recipe: TrainingConfig, held_out: Split) -> list[dict[str, float]]:
        trained.append((recipe.objective, recipe.k))
        if len(trained) == 3:
            raise KeyboardInterrupt
        return [{"epoch": 1, "train": -1.0, "held_out": -1.0, "score": -1.0, "stderr": 0.1}]

    monkeypatch.setattr(race, "run", run)
    out = tmp_path / "race.json"
    monkeypatch.setattr("sys.argv", ["race", "--data", "digits", "--epochs", "1", "--out", str(out)])
    with pytest.raises(KeyboardInterrupt):
        race.main()
    assert len(json.loads(out.read_text())["runs"]) == 2
    race.main()
    assert trained == [*race.entrants()[:3], *race.entrants()[2:]]
    assert [(run["objective"], run["k"]) for run in race.load(out)["runs"]] == race.entrants()
    monkeypatch.setattr("sys.argv", ["race", "--data", "digits", "--epochs", "2", "--out", str(out)])
    with pytest.raises(LabError, match="another race"):
        race.main()
