"""Training as a generator of progress records: start it, watch it, stop it between steps, go on from where it was."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector

from vaemodels import losses, objectives
from vaemodels.analysis.classification import confusion_matrix, predict
from vaemodels.analysis.clustering import components_in_use
from vaemodels.data import IMAGES_AT_ONCE, Split, labels, mean_pixels
from vaemodels.data.binarization import Binarization, binarize, static_draw
from vaemodels.data.distortion import distort
from vaemodels.errors import LabError
from vaemodels.evaluation import log_weights_in_chunks
from vaemodels.losses import Batch, loss_and_gradients
from vaemodels.models import SSVAE, Model
from vaemodels.optimizer import STATE, Optimizer
from vaemodels.training_config import TrainingConfig

FINAL_RATE_FRACTION = 0.01
HELD_OUT_AT_ONCE = 1_000
MOST_SHARES = 20  # components of a prior whose shares a history holds, one by one
BATCHES_AT_ONCE = 10
STEPS_AT_ONCE = 500


Terms = dict[str, float]


class Progress(NamedTuple):
    """One record of a run: where it is, and the ELBO's terms (nats an example) on train and on held-out data.

    `epoch` counts fractionally. `train` averages the steps since the last record. Under an autoencoder the terms are
    the reconstruction error alone. `epoch_done` marks the records after which the run's `history` has grown by one.
    """

    step: int
    epoch: float
    seconds: float
    learning_rate: float
    train: Terms
    held_out: Terms
    epoch_done: bool


@dataclass
class Run:
    """A training run between two epochs: with its model, everything needed to go on as if it had never stopped.

    `history` has one record an epoch, with what `occupied` and `classified` give where there is such; `weights` and
    `optimizer` are copies from the end of the last one, `best_weights` those of the epoch with the lowest held-out
    loss. Every epoch draws its own random numbers from (seed, epoch), so no generator's state has to be kept.
    """

    model: Model
    config: TrainingConfig
    history: list[dict[str, Any]] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    best_weights: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Tensor] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.history)


class TrainingDivergedError(LabError):
    """The loss stopped being finite; the model holds its last good weights again."""


def start(model: Model, config: TrainingConfig, train: Split) -> Run:
    """A run from the beginning: `model`, built under `config.seed`, starts at the training pixels' means."""
    return start_at(model, config, pixel_means(train.images))


def start_at(model: Model, config: TrainingConfig, means: Tensor) -> Run:
    """The same where the means of the training pixels are known, `[dim]` from 0 to 1."""
    model.start_at(means.to(model.device))
    weights = _copy(model.state_dict())
    return Run(model, config, weights=weights, best_weights=weights)


def fit(
    run: Run,
    train: Split,
    held_out: Split,
    report_every: float = math.inf,
    before_step: Callable[[], None] | None = None,
) -> Iterator[Progress]:
    """Train `run.model` to the end of `run.config.epochs`, yielding a record after each epoch.

    With `report_every` there are records in between, that many seconds apart. Stop by no longer asking for records, or
    by an exception from `before_step`; `run` then holds the end of the last epoch, and `fit(run, ...)` takes it up from
    there. The same seed gives the same numbers on the same machine.

    Raises:
        TrainingDivergedError: if the loss is not finite, with the model back at its last good weights.
    """
    model, config = run.model, run.config
    device = model.device
    train = _binarized_once(train, config.binarization)
    train = Split(train.images.to(device), train.labels.to(device))
    held_out_x = binarize(held_out.images, _fixed(config.binarization)).to(device)
    held_out_y = held_out.labels.to(device)
    mode = "threshold" if config.binarization == "static" else config.binarization
    n = len(train.images)
    steps_per_epoch = -(-n // config.batch_size)
    labelled, shape = None, None
    if isinstance(model, SSVAE):
        shape = model.config.image_shape if config.distort_labelled else None
        chosen = labels.choose(train.labels, config.labelled, config.seed)
        labelled = Split(train.images[chosen], train.labels[chosen])
        train = train._replace(
            labels=torch.full_like(train.labels, -1).index_copy(0, chosen, labelled.labels)
        )
    begun = run.epoch
    step = begun * steps_per_epoch
    earlier_seconds = run.history[-1]["seconds"] if run.history else 0.0
    started = reported = time.perf_counter()
    _restore(model, run.weights)
    dtype = compute_dtype(model, config)
    optimizer = Optimizer(model, dtype, config.optimizer, run.optimizer)

    while run.epoch < config.epochs:
        generator = torch.Generator(device).manual_seed(_epoch_seed(config.seed, run.epoch))
        epoch_terms, recent_terms = _Average(), _Average()
        for batch in batches(train, mode, config.batch_size, generator, labelled, shape):
            if before_step is not None:
                asked = time.perf_counter()
                before_step()
                started += time.perf_counter() - asked  # a pause is no time of training
            epoch = step / steps_per_epoch
            loss, gradients = loss_and_gradients(optimizer.working, batch, config, epoch, generator, dtype)
            if not math.isfinite(loss.value.item()):
                raise _diverged(run, step + 1, begun)
            rate = learning_rate(config, step, config.epochs * steps_per_epoch)
            optimizer.step(gradients, rate, config.gradient_limit)
            step += 1
            epoch_terms.add(loss.terms)
            recent_terms.add(loss.terms)

            now = time.perf_counter()
            epoch_done = step % steps_per_epoch == 0
            if not epoch_done and now - reported < report_every:
                continue
            reported = now
            held_out_terms = measure(model, held_out_x, held_out_y, config)
            if not all(map(math.isfinite, held_out_terms.values())):
                # A step can break the weights after a loss that was still finite.
                raise _diverged(run, step, begun)
            record = Progress(
                step=step,
                epoch=step / steps_per_epoch,
                seconds=earlier_seconds + now - started,
                learning_rate=rate,
                train=recent_terms.terms(),
                held_out=held_out_terms,
                epoch_done=epoch_done,
            )
            recent_terms = _Average()
            if epoch_done:
                x, y = held_out_x[:HELD_OUT_AT_ONCE], held_out_y[:HELD_OUT_AT_ONCE]
                more = occupied(model, x) | classified(model, x, y)
                _end_epoch(run, optimizer, record._replace(train=epoch_terms.terms()), more)
            yield record


def learning_rate(config: TrainingConfig, step: int, total_steps: int) -> float:
    """The rate at `step`: constant, or a cosine from `learning_rate` down to a hundredth of it at the end.

    During `rate_warmup_epochs` it is a growing share of that, (step + 1) / steps of the warm-up.
    """
    warmup_steps = config.rate_warmup_epochs * total_steps / config.epochs
    highest = config.learning_rate * (min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0)
    if config.schedule == "constant":
        return highest
    cosine = 0.5 * (1 + math.cos(math.pi * step / total_steps))
    return highest * (FINAL_RATE_FRACTION + (1 - FINAL_RATE_FRACTION) * cosine)


@torch.no_grad()
def measure(model: Model, x: Tensor, y: Tensor | None = None, config: TrainingConfig | None = None) -> Terms:
    """The mean terms on `x: [n, dim]`, in float32, from one draw an image that is the same at every call.

    A run on a bound gets that too, from `config.k` draws for each of the first images. Labels `y: [n]` are for models
    that can't go without: what a semi-supervised one knows of held-out labels must not choose its best weights.
    """
    generator = torch.Generator(model.device).manual_seed(0)
    average = _Average()
    for part in torch.arange(len(x), device=model.device).split(HELD_OUT_AT_ONCE):
        known = y[part] if y is not None and model.needs_labels else None
        average.add(losses.terms(model(x[part], known, generator)))
    if config is None or not losses.is_bound(config):
        return average.terms()
    first = x[:HELD_OUT_AT_ONCE]
    log_w = log_weights_in_chunks(model, first, config.k, generator=generator)
    bound = objectives.elbo(log_w) if config.objective == "elbo" else objectives.iwae(log_w)
    return average.terms() | {"bound": bound.mean().item()}


@torch.no_grad()
def occupied(model: Model, x: Tensor) -> dict[str, Any]:
    """What a history says of a mixture prior's components, from one draw of each of `x: [n, dim]`, always the same.

    `components_in_use` is exp(entropy) of their shares among the images, `shares` these, unless there are many of them.
    Nothing of a model whose prior is no mixture.
    """
    shares = model.occupancy(x, torch.Generator(model.device).manual_seed(0))
    if shares is None:
        return {}
    in_use = {"components_in_use": round(components_in_use(shares), 3)}
    return in_use | (
        {"shares": [round(share, 4) for share in shares.tolist()]} if len(shares) <= MOST_SHARES else {}
    )


def classified(model: Model, x: Tensor, y: Tensor) -> dict[str, Any]:
    """What a history says of a model that infers labels: its confusion matrix on `x: [n, dim]`, labels `y: [n]`.

    A row for each label, a column for each that q(y|x) gives. It is told, and chooses nothing. Nothing of other models.
    """
    if not isinstance(model, SSVAE):
        return {}
    return {"confusion": confusion_matrix(predict(model, x), y, model.n_labels).tolist()}


def pixel_means(images: Tensor) -> Tensor:
    """Mean of every pixel of uint8 `images: [n, dim]`, on the scale from 0 to 1: `[dim]`, a part at a time."""
    return mean_pixels(images.split(IMAGES_AT_ONCE))


def batches(
    train: Split,
    binarization: Binarization,
    batch_size: int,
    generator: torch.Generator,
    labelled: Split | None = None,
    distorted: tuple[int, int, int] | None = None,
) -> Iterator[Batch]:
    """One epoch of shuffled batches, binarised, each with as many of the `labelled` images where there are any.

    These are distorted anew for each batch where their shape is given as `distorted`.

    Several batches are gathered and binarised at once: one at a time costs more in calls than in work. `index_select`
    gathers whole rows, many times faster than indexing.
    """
    order = torch.randperm(len(train.images), generator=generator, device=train.images.device)
    for several in order.split(BATCHES_AT_ONCE * batch_size):
        x = binarize(train.images.index_select(0, several), binarization, generator)
        y = train.labels.index_select(0, several)
        for part in zip(x.split(batch_size), y.split(batch_size), strict=True):
            yield Batch(*part, *_with_labels(labelled, distorted, binarization, batch_size, generator))


def _with_labels(
    labelled: Split | None,
    distorted: tuple[int, int, int] | None,
    binarization: Binarization,
    batch_size: int,
    generator: torch.Generator,
) -> tuple[Tensor, ...]:
    """`batch_size` of the labelled images, or all where there are fewer, binarised, and their labels."""
    if labelled is None:
        return ()
    chosen = torch.randperm(len(labelled.images), generator=generator, device=labelled.images.device)
    chosen = chosen[:batch_size]
    x, y = (part.index_select(0, chosen) for part in labelled)
    if distorted is not None:
        x = distort(x, distorted, generator)
    return binarize(x, binarization, generator), y


def compute_dtype(model: Model, config: TrainingConfig) -> torch.dtype:
    """bfloat16 where `config.precision` asks for it, or leaves it open and the device has it natively; else float32."""
    if config.precision != "auto":
        return torch.bfloat16 if config.precision == "bfloat16" else torch.float32
    on_cpu = model.device.type == "cpu"
    native = torch.cpu.get_capabilities().get("avx512_bf16") if on_cpu else model.device.type == "cuda"
    return torch.bfloat16 if native else torch.float32


def best_device() -> torch.device:
    """The accelerator torch finds, else the CPU."""
    return torch.accelerator.current_accelerator(check_available=True) or torch.device("cpu")


def resume_tensors(run: Run) -> dict[str, Tensor]:
    """What a checkpoint holds beside the best weights for `resumed`: latest weights, the optimiser's state."""
    tensors = {f"weights.{name}": tensor for name, tensor in run.weights.items()}
    return tensors | {f"adam.{name}": tensor for name, tensor in run.optimizer.items()}


def resumed(
    model: Model, config: TrainingConfig, history: list[dict[str, Any]], tensors: Mapping[str, Tensor]
) -> Run:
    """The run that `resume_tensors` came from, with the best weights in `model`.

    Raises:
        LabError: if a tensor is missing or of another shape.
    """
    state = model.state_dict()
    weights = _named(tensors, "weights.", state)
    # A run saved before the end of its first epoch has no optimiser state yet.
    adam_has_begun = any(name.startswith("adam.") for name in tensors)
    moment = parameters_to_vector(model.parameters())
    parts = {part: moment[0] if part == "step" else moment for part in STATE}
    optimizer = _named(tensors, "adam.", parts) if adam_has_begun else {}
    return Run(model, config, history, weights, _copy(state), optimizer)


def _named(tensors: Mapping[str, Tensor], prefix: str, like: Mapping[str, Tensor]) -> dict[str, Tensor]:
    for name, tensor in like.items():
        if prefix + name not in tensors or tensors[prefix + name].shape != tensor.shape:
            raise LabError(
                "The checkpoint's training state does not fit its model; start from its weights instead."
            )
    return {name: tensors[prefix + name].to(tensor) for name, tensor in like.items()}


def _diverged(run: Run, step: int, begun: int) -> TrainingDivergedError:
    """The error to raise, with the model back at the end of the last epoch; the run had `begun` when it started."""
    _restore(run.model, run.weights)
    if run.epoch == begun:
        return TrainingDivergedError(
            f"The loss stopped being finite at step {step}, before an epoch was done; choose a lower learning rate."
        )
    return TrainingDivergedError(
        f"The loss stopped being finite at step {step}; the last good weights are kept: "
        "go on from them with a lower learning rate."
    )


def _end_epoch(run: Run, optimizer: Optimizer, record: Progress, more: dict[str, Any]) -> None:
    """Write the epoch into the run's history, and keep copies of the weights and the optimiser's state.

    A classifier alone is best at the end: held-out terms are those of a generative model that learns nothing, and their
    kl_y only rises while it learns; held-out labels must not choose.
    """
    values = record._asdict() | more
    del values["epoch_done"]
    run.weights = _copy(run.model.state_dict())
    run.optimizer = optimizer.state()
    earlier = [_held_out_loss(past, run.config) for past in run.history]
    run.history.append(values | {"epoch": len(run.history) + 1})
    classifier_alone = run.config.gen_weight == 0
    if classifier_alone or not earlier or _held_out_loss(run.history[-1], run.config) <= min(earlier):
        run.best_weights = run.weights


def _held_out_loss(record: Mapping[str, Any], config: TrainingConfig) -> float:
    """The loss by which epochs are compared: the full β, whatever warm-up was at; a bound where that is maximised."""
    terms = dict(record["held_out"])
    if "bound" in terms:
        return -float(terms["bound"])
    return config.reconstruction_weight * terms.pop("reconstruction") + config.beta * sum(terms.values())


class _Average:
    """Mean of the terms over examples; it adds up, and fetches from the device, many steps at a time."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[Tensor]] = {}
        self.sums: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    def add(self, terms: Mapping[str, Tensor]) -> None:
        for name, values in terms.items():
            self.waiting.setdefault(name, []).append(values.detach())
        if len(self.waiting[name]) == STEPS_AT_ONCE:
            self._add_up()

    def terms(self) -> Terms:
        self._add_up()
        return {name: total / self.counts[name] for name, total in self.sums.items()}

    def _add_up(self) -> None:
        for name, waiting in self.waiting.items():
            values = torch.cat(waiting)
            self.sums[name] = self.sums.get(name, 0.0) + values.sum().item()
            self.counts[name] = self.counts.get(name, 0) + len(values)
        self.waiting.clear()


def _copy(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in state.items()}


def _restore(model: Model, weights: Mapping[str, Tensor]) -> None:
    model.load_state_dict(dict(weights))


def _epoch_seed(seed: int, epoch: int) -> int:
    return seed * 1_000_003 + epoch


def _binarized_once(train: Split, binarization: Binarization) -> Split:
    """A static draw belongs to the whole split: made here once, as black and white pixels a batch can be cut from."""
    if binarization != "static":
        return train
    return train._replace(images=static_draw(train.images))


def _fixed(binarization: Binarization) -> Binarization:
    """Held-out images are binarised once, so that epochs are compared on the same pixels."""
    return "static" if binarization == "dynamic" else binarization
