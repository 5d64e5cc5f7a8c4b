"""The command line: `python -m vaemodels list | train | evaluate | sample | import | download`.

Exit codes: 0 done, 1 failed, 2 asked for something that makes no sense; errors are one line on standard error.
"""

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from tqdm import tqdm

from vaemodels import (
    checkpoints,
    config_parsing,
    console,
    files,
    foreign,
    interrupts,
    presets,
    runs,
    training,
)
from vaemodels import data as datasets
from vaemodels.checkpoints import Checkpoint
from vaemodels.data import from_path
from vaemodels.data.binarization import MODES, binarize
from vaemodels.errors import LabError, UsageError
from vaemodels.evaluation import Evaluation, evaluate
from vaemodels.losses import headline
from vaemodels.models import Model
from vaemodels.training import Run
from vaemodels.training_config import TrainingConfig

if TYPE_CHECKING:
    from vaemodels.jobs import Job

SAVE_EVERY = 120.0
OWN = "the path of your own: a folder of pictures (subfolders are classes), .npz, IDX or .csv"
DEFAULT_K = "1,10,100,1000,5000"
FINAL_K = (1, 10, 100)
SPLITS = ("train", "validation", "test")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    console.prepare()
    try:
        options = _parser().parse_args(arguments)
        options.command(options)
        sys.stdout.flush()
    except UsageError as error:
        return _failed(error, 2)
    except LabError as error:
        return _failed(error, 1)
    except KeyboardInterrupt:
        return _failed("Interrupted.", 1)
    except BrokenPipeError:  # whoever read has seen enough
        console.give_up(sys.stdout)
        return 1
    except OSError as error:
        console.give_up(sys.stdout)
        reason = error.strerror or error
        return _failed(f"Something can't be read or written ({reason}); check disk and permissions.", 1)
    return 0


def _failed(error: object, code: int) -> int:
    with suppress(OSError):
        print(f"vaemodels: {error}", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """A parser that refuses arguments as the commands do, in one sentence, where argparse prints its usage as well."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments.

        Raises:
            UsageError: with argparse's reason, and where to look.
        """
        raise UsageError(f"{message}; see `{self.prog} --help`.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m vaemodels", description="Train, measure and sample VAEs.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument("--json", action="store_true", help="print one JSON object, and no progress bar")
        return sub

    command("list", _list, "Presets and trained checkpoints, with their measured results.")

    sub = command("train", _train, "Train a preset and save it as a checkpoint.")
    sub.add_argument("preset", help=f"one of {', '.join(presets.PRESETS)}")
    sub.add_argument("--data", metavar="D", help=f"dataset: {', '.join(datasets.DATASETS)}, or {OWN}")
    sub.add_argument("--epochs", metavar="N", help="how many epochs in all")
    sub.add_argument(
        "--seconds", metavar="S", type=float, help="stop after the first epoch that ends S seconds in"
    )
    sub.add_argument(
        "--set",
        metavar="KEY=VALUE",
        nargs="+",
        action="extend",
        default=[],
        help="change settings of model or training",
    )
    sub.add_argument("--seed", metavar="N", help="seed of the weights, the batches and the noise")
    sub.add_argument(
        "--from",
        dest="start",
        metavar="CHECKPOINT",
        help="go on from a checkpoint: as if never stopped where its run was cut short, else from its weights",
    )
    sub.add_argument(
        "--out", metavar="FILE", type=Path, help="where to save; PRESET.safetensors here if not given"
    )
    sub.add_argument("--overwrite", action="store_true", help="replace what is at --out without asking")
    sub.add_argument(
        "--half", action="store_true", help="store the finished weights as float16, in half the space"
    )
    sub.add_argument("--scheduler", metavar="ADDR", help="train on the Dask cluster at this address")

    sub = command(
        "evaluate", _evaluate, "Measure a checkpoint: ELBO, its terms, and L_k, with standard errors."
    )
    sub.add_argument("checkpoint", help="a file, or the name of one in pretrained/")
    sub.add_argument("--data", metavar="D", help=f"dataset, or {OWN}; what it was trained on if not given")
    sub.add_argument("--split", default="test", help=f"{', '.join(SPLITS)} (default: test)")
    sub.add_argument("--binarization", metavar="M", help=f"{', '.join(MODES)} (default: static)")
    sub.add_argument(
        "--k", default=DEFAULT_K, help=f"values of k, separated by commas (default: {DEFAULT_K})"
    )
    sub.add_argument("--limit", metavar="N", type=int, help="only the first N images")
    sub.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the draws (default: 0)")
    sub.add_argument(
        "--write",
        action="store_true",
        help="also write the result into the checkpoint's card (by dynamic binarisation beside the other)",
    )

    sub = command(
        "sample",
        _sample,
        "Decode draws from the prior into a picture: a row for each label where the model knows labels.",
    )
    sub.add_argument("checkpoint", help="a file, or the name of one in pretrained/")
    sub.add_argument("--out", metavar="PNG", type=Path, required=True, help="the picture to write")
    sub.add_argument(
        "--rows", metavar="R", type=int, help="10 if not given; every label of a model that knows labels"
    )
    sub.add_argument("--columns", metavar="C", type=int, default=10)
    sub.add_argument("--seed", metavar="N", type=int, default=0)

    sub = command("import", _import, "Take over weights that another program saved as .safetensors.")
    sub.add_argument("file", metavar="FILE", type=Path, help="a .safetensors file of a state_dict")
    sub.add_argument("--preset", metavar="NAME", required=True, help="the model they are for, and its data")
    sub.add_argument(
        "--set", metavar="KEY=VALUE", nargs="+", action="extend", default=[], help="sizes of the model"
    )
    sub.add_argument(
        "--rename",
        metavar="OLD=NEW",
        nargs="+",
        action="extend",
        default=[],
        help="the model's name of a tensor, or of all whose names begin so; A+B=NEW joins two layers",
    )
    sub.add_argument(
        "--spread",
        metavar="S",
        default="log_std",
        help=f"what follows the means where the encoder ends: {', '.join(foreign.SPREADS)} (default: log_std)",
    )
    sub.add_argument(
        "--out", metavar="FILE", type=Path, help="where to save; PRESET.safetensors here if not given"
    )
    sub.add_argument("--overwrite", action="store_true", help="replace what is at --out without asking")

    sub = command("download", _download, "Fetch a dataset into the data folder.")
    sub.add_argument(
        "dataset", help=", ".join(name for name, d in datasets.DATASETS.items() if d.download_bytes)
    )
    return parser


def _list(options: argparse.Namespace) -> None:
    rows = []
    for name in sorted(set(presets.PRESETS) | set(checkpoints.pretrained_names())):
        row: dict[str, Any] = {"name": name, "checkpoint": name in checkpoints.pretrained_names()}
        if row["checkpoint"]:
            try:
                card = checkpoints.read_card(name)
            except LabError as error:
                print(f"vaemodels: {error}", file=sys.stderr)
                continue
            row |= {"model": card["model"], "dataset": card["dataset"], "evaluation": card["evaluation"]}
        else:
            preset = presets.get(name)
            row |= {"model": preset.model, "dataset": preset.training.dataset, "evaluation": None}
        known = presets.PRESETS.get(name)
        row |= {"about": known.about if known else "", "reference": known.reference if known else ""}
        rows.append(row)
    if options.json:
        print(json.dumps(rows))
        return
    columns = f"{'-ELBO':>15}{'reconstruction':>17}{'best bound':>24}{'accuracy':>13}"
    width = 2 + max(len(row["name"]) for row in rows)
    print(
        f"{'name':{width}}{'model':8}{'dataset':14}{columns}  measured on; what it is [what others measured]"
    )
    for row in rows:
        reference = f" [{row['reference']}]" if row["reference"] else ""
        columns = f"{row['name']:{width}}{row['model']:8}{row['dataset']:14}{_summary(row['evaluation'])}"
        print(f"{columns} {row['about']}{reference}")


def _summary(evaluation: Mapping[str, Any] | None) -> str:
    if evaluation is None:
        return f"{'not trained yet':>15}{'':54}  -;"
    errors = evaluation["stderr"]

    def measured(value: float | None, error: float | None) -> str:
        return "none" if value is None else f"{value:.2f}{_error(error, 2)}"

    bound = "none"
    if evaluation["bounds"]:
        k = max(evaluation["bounds"], key=int)
        bound = f"L_{k} {measured(evaluation['bounds'][k], errors['bounds'][k])}"
    return (
        f"{measured(evaluation['nelbo'], errors['nelbo']):>15}"
        f"{measured(evaluation['reconstruction'], errors['reconstruction']):>17}{bound:>24}"
        f"{_accuracy(evaluation):>13}"
        f"  {evaluation['n']:,} {evaluation['split']}, {evaluation['binarization']};"
    )


def _accuracy(evaluation: Mapping[str, Any]) -> str:
    if evaluation.get("accuracy") is None:
        return ""
    error = evaluation["stderr"]["accuracy"]
    return f"{100 * evaluation['accuracy']:.1f}{_error(None if error is None else 100 * error, 1)}%"


def _error(stderr: float | None, decimals: int) -> str:
    """A standard error behind its value; nothing where one image gives none."""
    return "" if stderr is None else f" ± {stderr:.{decimals}f}"


def _train(options: argparse.Namespace) -> None:
    with interrupts.taken_as_ctrl_c():
        _train_and_measure(options)


def _train_and_measure(options: argparse.Namespace) -> None:
    run, card = _run_from(options)
    out = options.out or Path(f"{options.preset}.safetensors")
    files.check_writable(out)
    _check_overwriting(out, options)
    seconds = math.inf if options.seconds is None else options.seconds
    if not seconds > 0:
        raise UsageError("--seconds is a limit on the time; give more than 0.")
    if options.scheduler:
        run, card = _train_on(options.scheduler, run, card, out, seconds, options.json)
    else:
        _train_here(run, card, out, seconds, options.json)
    runs.save(out, run, card)  # before measuring, which takes its time and can be interrupted
    if run.epoch >= run.config.epochs:
        dtype = torch.float16 if options.half else torch.float32
        dataset, x, y = _images(run.config.dataset, "test", _evaluation_mode(run.model, None))
        model = checkpoints.loads(runs.dumps(run, card, dtype)).model
        result = _measure(model, x, y, FINAL_K, 0, options.json)
        card["evaluation"] = _described(result, dataset, "test", _evaluation_mode(model, None))
        runs.save(out, run, card, dtype)
    if options.json:
        print(json.dumps({"checkpoint": str(out), "epochs": run.epoch, "evaluation": card.get("evaluation")}))
    else:
        print(f"saved {out} after {run.epoch} of {run.config.epochs} epochs")
        if run.epoch >= run.config.epochs:
            _print_result(out.stem, card["evaluation"])


def _run_from(options: argparse.Namespace) -> tuple[Run, dict[str, Any]]:
    preset = presets.get(options.preset)
    chosen = _assignments(options.set)
    if options.scheduler and options.data not in (None, *datasets.DATASETS):
        raise UsageError("A cluster's workers don't see your own images; train on them without --scheduler.")
    for key, value in (
        ("dataset", _dataset(options.data)),
        ("epochs", options.epochs),
        ("seed", options.seed),
    ):
        if value is not None:
            chosen[key] = value
    of_model, of_training = (
        config_parsing.fields_of(type(preset.config)),
        config_parsing.fields_of(TrainingConfig),
    )
    for key in chosen:
        if key not in of_model + of_training:
            raise UsageError(
                f"Unknown setting '{key}'; the settings are {', '.join(of_model + of_training)}."
            )
    model_settings = {key: value for key, value in chosen.items() if key in of_model}
    training_settings = {key: value for key, value in chosen.items() if key in of_training}
    if options.start:
        if model_settings:
            raise UsageError(
                f"A model keeps its {min(model_settings)} when going on; leave it out or start afresh."
            )
        checkpoint = checkpoints.load(options.start)
        if checkpoint.model.name != preset.model:
            raise UsageError(
                f"{options.start} holds a model of kind {checkpoint.model.name}, but preset {options.preset} is "
                f"{preset.model}; choose a preset of that kind."
            )
        _check_has_images(options, checkpoint)
        run, card = runs.from_checkpoint(checkpoint)
        run, card = runs.with_config(run, card, config_parsing.with_text(run.config, training_settings))
        runs.check(run.model.name, run.model.config, run.config)
        if run.epoch >= run.config.epochs:
            raise UsageError(f"{options.start} already has {run.epoch} epochs; ask for more with --epochs.")
        _say_what_is_kept(options, run.config, preset.training, chosen)
    else:
        config = config_parsing.with_text(preset.training, training_settings)
        dataset = datasets.get(config.dataset)
        sizes = {"image_shape": ",".join(map(str, dataset.image_shape)), "n_labels": str(dataset.n_labels)}
        sizes = {key: value for key, value in sizes.items() if key in of_model}
        model_config = config_parsing.with_text(preset.config, sizes | model_settings)
        if "binarization" not in chosen:
            config = runs.suited(config, model_config)
        run, card = runs.new(options.preset, preset.model, model_config, config)
        if preset.start:
            run, card = runs.started_from(run, card, checkpoints.load(preset.start))
    run.model.to(training.best_device())
    return run, card


def _say_what_is_kept(
    options: argparse.Namespace, kept: TrainingConfig, of_preset: TrainingConfig, chosen: Collection[str]
) -> None:
    """Tell who goes on from a checkpoint which settings are its own where the preset has others."""
    its_own = {
        key: value
        for key, value in vars(kept).items()
        if value != getattr(of_preset, key) and key not in chosen and key not in ("epochs", "seed")
    }
    if its_own and not options.json:
        settings = ", ".join(f"{key}={config_parsing.as_text(value)}" for key, value in its_own.items())
        print(
            f"vaemodels: {options.start} goes on as it was trained ({settings}), not as preset {options.preset} has "
            "it; change that with --set.",
            file=sys.stderr,
        )


def _dataset(given: str | None) -> str | None:
    """The name of a dataset; that of a path's images, once they are read."""
    if given is None or given in datasets.DATASETS or not os.path.exists(given):
        return given
    return datasets.add(from_path.read(Path(given), tuple(datasets.DATASETS)))


def _check_has_images(options: argparse.Namespace, checkpoint: Checkpoint) -> None:
    """Images of one's own have a name in a checkpoint, but no path: that has to be given again.

    Raises:
        UsageError: if it is not.
    """
    name = checkpoint.card["dataset"]
    if options.data is None and name not in datasets.DATASETS:
        raise UsageError(f"The model was trained on images called '{name}'; give their path with --data.")


def _check_overwriting(out: Path, options: argparse.Namespace) -> None:
    """What is at `out` may go where the run goes on from it, `--overwrite` is given, or the user says so.

    Raises:
        UsageError: otherwise.
    """
    start = getattr(options, "start", None)
    goes_on = start and os.path.exists(out) and checkpoints.resolve(start).samefile(out)
    if options.overwrite or goes_on or not os.path.exists(out):
        return
    if not options.json and all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        print(f"{out} is there already; replace it? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise UsageError(f"{out} is there already; add --overwrite to replace it, or choose another --out.")


def _assignments(pairs: Sequence[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"'{pair}' is not a setting; write key=value, as in beta=4.")
    return dict(pair.split("=", 1) for pair in pairs)


def _train_here(run: Run, card: dict[str, Any], out: Path, seconds: float, quiet: bool) -> None:
    """Train to the end, the time limit or Ctrl-C, saving the run to `out` every few minutes and at a failure.

    What was at `out` stays there until there is an epoch to put in its place.
    """
    begun = run.epoch
    train, held_out = runs.data(run.config)
    started = saved = time.monotonic()
    bar = tqdm(total=run.config.epochs, initial=run.epoch, unit="epoch", file=console.Aside(), disable=quiet)
    try:
        for record in training.fit(run, train, held_out):
            bar.update()
            bar.set_postfix_str(
                f"train {headline(record.train):.2f}, held-out {headline(record.held_out):.2f} nats"
            )
            now = time.monotonic()
            if now - saved > SAVE_EVERY:
                runs.save(out, run, card)
                saved = now
            if now - started > seconds:
                break
    except training.TrainingDivergedError:
        if run.epoch > begun:
            runs.save(out, run, card)
        raise
    except KeyboardInterrupt:
        with interrupts.not_now():
            raise _interrupted(out, run, card, begun) from None
    finally:
        bar.close()


def _interrupted(out: Path, run: Run, card: dict[str, Any], begun: int) -> LabError:
    """Save a run that had `begun` epochs when it started, if it has more by now, and say so."""
    if run.epoch == begun:
        return LabError("Interrupted before an epoch was done, so nothing is saved; start it again.")
    runs.save(out, run, card)
    return LabError(f"Interrupted after {run.epoch} epochs, kept in {out}; go on with --from {out}.")


def _train_on(
    address: str, run: Run, card: dict[str, Any], out: Path, seconds: float, quiet: bool
) -> tuple[Run, dict[str, Any]]:
    """Train on the Dask cluster at `address`, following its records.

    The run's last snapshot goes to `out` every few minutes and at a failure, where it has epochs that are not there.
    """
    from vaemodels import jobs

    with jobs.connect(address) as client:
        job = jobs.submit(client, runs.dumps(run, card))
        kept = run.epoch
        started = saved = time.monotonic()
        try:
            with tqdm(
                total=run.config.epochs, initial=run.epoch, unit="epoch", file=console.Aside(), disable=quiet
            ) as bar:
                for record in jobs.follow(job):
                    bar.n = int(record["epoch"])
                    bar.set_postfix_str(f"held-out {headline(record['held_out']):.2f} nats")
                    now = time.monotonic()
                    if now - saved > SAVE_EVERY:
                        kept, saved = _save_latest(out, job, run, card, kept), now
                    if now - started > seconds and not job.stopping:
                        job.stop()
            return runs.loads(job.result())
        except KeyboardInterrupt:
            with interrupts.not_now():
                raise _interrupted(out, *_latest(job, run, card), run.epoch) from None
        except LabError:
            _save_latest(out, job, run, card, kept)
            raise
        finally:
            job.forget()


def _save_latest(out: Path, job: "Job", run: Run, card: dict[str, Any], kept: int) -> int:
    """Save the run's last snapshot if it has more epochs than the `kept`; how many of them are kept by then."""
    latest, of_latest = _latest(job, run, card)
    if latest.epoch > kept:
        runs.save(out, latest, of_latest)
    return latest.epoch


def _latest(job: "Job", run: Run, card: dict[str, Any]) -> tuple[Run, dict[str, Any]]:
    """The run as its last snapshot has it; as it was given where there is none."""
    return runs.loads(job.latest) if job.latest else (run, card)


def _evaluate(options: argparse.Namespace) -> None:
    ks = _numbers(options.k)
    _check_seed(options.seed)
    if options.split not in SPLITS:
        raise UsageError(f"Unknown split '{options.split}'; choose one of {', '.join(SPLITS)}.")
    if options.limit is not None and options.limit < 1:
        raise UsageError("--limit counts images; give 1 or more.")
    checkpoint = checkpoints.load(options.checkpoint)
    model, card = checkpoint.model, checkpoint.card
    _check_has_images(options, checkpoint)
    mode = _evaluation_mode(model, options.binarization)
    dataset, x, y = _images(
        _dataset(options.data) or card["dataset"], options.split, mode, options.limit, options.seed
    )
    if x.shape[1] != math.prod(model.config.image_shape):
        raise UsageError(
            f"The images of {dataset} are not of the size this model takes; choose another dataset."
        )
    result = _described(_measure(model, x, y, ks, options.seed, options.json), dataset, options.split, mode)
    if options.write:
        path = checkpoints.resolve(options.checkpoint)
        place = "evaluation_dynamic" if mode == "dynamic" else "evaluation"
        changed = dict(card) | {place: result}
        checkpoints.save(path, model, changed, dtype=checkpoint.dtype, resume=checkpoint.resume)
    if options.json:
        print(json.dumps({"checkpoint": options.checkpoint, "model": card["model"], **result}))
    else:
        _print_result(checkpoints.resolve(options.checkpoint).stem, result)


def _measure(
    model: Model, x: torch.Tensor, y: torch.Tensor, ks: Sequence[int], seed: int, quiet: bool
) -> Evaluation:
    """`evaluate` in the foreground, with a progress bar."""
    model.to(training.best_device())
    with tqdm(total=len(x), unit="image", file=console.Aside(), disable=quiet) as bar:
        return evaluate(model, x, y, ks, seed, progress=bar.update)


def _described(result: Evaluation, dataset: str, split: str, mode: str) -> dict[str, Any]:
    return {"dataset": dataset, "split": split, "binarization": mode, **result.as_json()}


def _evaluation_mode(model: Model, asked: str | None) -> str:
    """Static black and white unless asked otherwise; grey for a likelihood that is a density over greys."""
    of_greys = getattr(model.config, "likelihood", "bernoulli") != "bernoulli"
    return asked or ("none" if of_greys else "static")


def _images(
    name: str, split: str, mode: str, limit: int | None = None, seed: int = 0
) -> tuple[str, torch.Tensor, torch.Tensor]:
    """A split's images, binarised as a whole so that a limit does not change any, and its labels.

    `seed` is that of dynamic binarisation; the static draw has its own.
    """
    datasets.get(name)
    images, labels = datasets.load(name, split)
    x = binarize(images, mode, torch.Generator().manual_seed(seed))
    return name, x[:limit], labels[:limit]


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise UsageError(f"--k '{text}' is not a list of whole numbers; write it as in 1,10,100.") from None


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**31:
        raise UsageError("--seed goes from 0 to 2147483647; choose a number in that range.")


def _print_result(name: str, result: Mapping[str, Any]) -> None:
    errors = result["stderr"]
    print(
        f"{name}: {result['n']:,} images of {result['dataset']} {result['split']}, {result['binarization']} "
        f"binarisation, {result['seconds']:.0f} s; nats per image"
        f"{' ± standard error over images' if result['n'] > 1 else ''}"
    )
    rows = [("-ELBO", result["nelbo"], errors["nelbo"])]
    rows.append(("reconstruction", result["reconstruction"], errors["reconstruction"]))
    rows += [(f"KL {latent}", value, errors["kl"][latent]) for latent, value in result["kl"].items()]
    rows += [(f"L_{k}", value, errors["bounds"][k]) for k, value in (result["bounds"] or {}).items()]
    for label, value, error in rows:
        if value is not None:
            print(f"  {label:16}{value:10.3f}{_error(error, 3)}")
    if result["active_units"] is not None:
        print(f"  active units    {result['active_units']:6}")
    if accuracy := _accuracy(result):
        print(f"  accuracy        {accuracy:>14}")


def _sample(options: argparse.Namespace) -> None:
    from vaemodels.pictures import grid, save_png

    _check_seed(options.seed)
    files.check_writable(options.out)
    model = checkpoints.load(options.checkpoint).model
    rows = (model.n_labels or 10) if options.rows is None else options.rows
    for name, number, most in (("rows", rows, model.n_labels or 100), ("columns", options.columns, 100)):
        if not 1 <= number <= most:
            raise UsageError(f"--{name} goes from 1 to {most}; choose a number in that range.")
    generator = torch.Generator().manual_seed(options.seed)
    with torch.no_grad():
        if model.n_labels:
            means = model.decode(
                model.sample_prior(options.columns, generator), torch.arange(rows)[:, None]
            ).mean
        else:
            means = model.decode(model.sample_prior(rows * options.columns, generator)).mean
    save_png(
        options.out,
        grid(means.reshape(rows * options.columns, -1), model.config.image_shape, options.columns),
    )
    if options.json:
        print(json.dumps({"out": str(options.out), "rows": rows, "columns": options.columns}))


def _import(options: argparse.Namespace) -> None:
    preset = presets.get(options.preset)
    out = options.out or Path(f"{options.preset}.safetensors")
    files.check_writable(out)
    _check_overwriting(out, options)
    config = foreign.with_spread(
        config_parsing.with_text(preset.config, _assignments(options.set)), options.spread
    )
    model, card = runs.untrained(options.preset, preset.model, config, preset.training)
    tensors = foreign.read(files.read(options.file), str(options.file))
    foreign.adopt(model, tensors, _assignments(options.rename), options.spread)
    checkpoints.save(out, model, card, dtype=torch.float32)
    if options.json:
        print(json.dumps({"checkpoint": str(out), "tensors": len(tensors)}))
    else:
        print(
            f"saved {out} from {len(tensors)} tensors; measure it with `python -m vaemodels evaluate {out}`"
        )


def _download(options: argparse.Namespace) -> None:
    dataset = datasets.get(options.dataset)
    with tqdm(
        total=dataset.download_bytes, unit="B", unit_scale=True, file=console.Aside(), disable=options.json
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        datasets.download(dataset.name, progress)
    if options.json:
        print(json.dumps({"dataset": dataset.name, "folder": str(datasets.data_folder())}))
