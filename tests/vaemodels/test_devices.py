"""Every model and what measures it on a device of their own, without one at hand.

A tensor on torch's "meta" device has a shape and no numbers. `Accelerator` makes it stand for an accelerator: an
operation that meets tensors of two devices is refused, as CUDA refuses it, and a number fetched from there is one half.
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Independent
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from vaemodels import checkpoints, evaluation, models, networks, pixel_bernoulli, runs, training
from vaemodels.analysis import classification, diagnostics, gradient_noise
from vaemodels.data import Split, binarize
from vaemodels.early_stopping import Until
from vaemodels.frames import written
from vaemodels.jobs import task
from vaemodels.models import GMVAE, HVAE, SSVAE, Model
from vaemodels.presets import PRESETS, QUICK
from vaemodels.training_config import TrainingConfig

THERE = torch.device("meta")
N = 7

aten = torch.ops.aten
COPIES = (aten.copy_.default, aten._to_copy.default)
BY_INDEX = (aten.index.Tensor, aten.index_put.default, aten.index_put_.default, aten._index_put_impl_.default)


class MixedDevicesError(Exception):
    """One operation was given tensors of two devices, or a generator of another one."""


class Accelerator(TorchDispatchMode):
    """Refuse what an accelerator refuses, and answer for it where a number is fetched.

    As on CUDA, tensors may be copied between devices, indexed by indices from the CPU, and joined by a CPU's scalar.
    """

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function not in COPIES:
            self.refuse_mixed(function, args, kwargs)
        source = args[1] if function is aten.copy_.default else args[0] if args else None
        if isinstance(source, Tensor) and source.device == THERE:
            if function is aten._local_scalar_dense.default:
                return torch.full((), 0.5).to(source.dtype).item()
            if function is aten._to_copy.default and kwargs.get("device", THERE) != THERE:
                return torch.full(source.shape, 0.5).to(source.dtype)
            if function is aten.copy_.default and args[0].device != THERE:
                return args[0].fill_(0.5)
        return function(*args, **kwargs)

    @staticmethod
    def refuse_mixed(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        if function in BY_INDEX and args[0].device == THERE:
            args = (args[0], *args[2:])
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if any(tensor.device == THERE for tensor in tensors):
            here = [tensor for tensor in tensors if tensor.device != THERE and tensor.dim() > 0]
            if here:
                raise MixedDevicesError(
                    f"{function} meets {[tuple(tensor.shape) for tensor in here]} of the CPU"
                )


class Generator(torch.Generator):
    """One of the CPU that says it is of the device it was asked for, as none can be made for one that is not there."""

    def __new__(cls, device: Any = "cpu") -> "Generator":
        generator = super().__new__(cls)
        generator.claimed = torch.device(device)
        return generator

    claimed: torch.device


class Generators(TorchFunctionMode):
    """Refuse a generator of another device than the numbers that are drawn from it."""

    def __torch_function__(
        self, function: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        generator = kwargs.get("generator")
        if isinstance(generator, Generator):
            kwargs["generator"] = generator if generator.claimed != THERE else None
            result = function(*args, **kwargs)
            if result.device != generator.claimed:
                raise MixedDevicesError(f"{function} draws on {result.device}, not on {generator.claimed}")
            return result
        return function(*args, **kwargs)


look_for_greys = pixel_bernoulli.is_binary


def is_binary_there(x: Tensor) -> bool:
    """The number fetched from the accelerator tells nothing of its pixels; they are taken for black and white."""
    return look_for_greys(x) or x.device == THERE


@pytest.fixture
def accelerator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(torch, "Generator", Generator)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # there is none for this device
    for module in (pixel_bernoulli, evaluation):
        monkeypatch.setattr(module, "is_binary", is_binary_there)
    with Generators(), Accelerator():
        yield


def small(name: str) -> tuple[Model, TrainingConfig]:
    """The preset's model with narrow layers, on the accelerator, and its recipe for an epoch of one step."""
    preset = PRESETS[name]
    narrow = {field: (4,) for field in ("hidden", "upper_hidden") if hasattr(preset.config, field)}
    model = models.build(preset.model, dataclasses.asdict(preset.config) | narrow).to(THERE)
    labelled = min(preset.training.labelled, 4)
    return model, dataclasses.replace(
        preset.training, epochs=1, batch_size=N, labelled=labelled, precision="float32"
    )


def images(model: Model) -> Split:
    """On the CPU, as datasets are."""
    dim = torch.Size(model.config.image_shape).numel()
    return Split(torch.zeros(N, dim, dtype=torch.uint8), torch.arange(N))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_trains_where_its_weights_are(accelerator: None, name: str) -> None:
    model, config = small(name)
    split = images(model)
    run = training.start(model, config, split)
    [record] = training.fit(run, split, split)
    assert record.step == 1 and record.epoch_done


def test_a_run_is_taken_up_again_where_its_weights_are(accelerator: None) -> None:
    model, config = small("vae")
    split = images(model)
    run = training.start(model, config, split)
    next(training.fit(run, split, split))
    tensors = {name: tensor.cpu() for name, tensor in training.resume_tensors(run).items()}
    again = training.resumed(model, dataclasses.replace(config, epochs=2), run.history, tensors)
    [record] = training.fit(again, split, split)
    assert record.step == 2 and all(tensor.device == THERE for tensor in again.weights.values())


class Scheduler:
    """What a worker's task says to its owner; the owner wants nothing but that the run goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[dict[str, Any]] = []
        self.snapshots: list[bytes | None] = [None]
        monkeypatch.setattr(task, "_be_nice", lambda: None)
        monkeypatch.setattr(task, "get_worker", lambda: self)
        monkeypatch.setattr(task, "get_client", lambda: None)
        monkeypatch.setattr(task, "Variable", lambda name, client: self)

    def log_event(self, topic: str, event: dict[str, Any]) -> None:
        self.events.append(event)

    def set(self, value: bytes) -> None:
        self.snapshots.append(value)

    def get(self, timeout: float) -> Any:
        return self.snapshots[-1] if len(self.snapshots) == 1 else ("run", 0)


@pytest.mark.filterwarnings(
    "ignore:.*to a meta parameter:UserWarning"
)  # weights go there without their numbers
@pytest.mark.parametrize(
    "name", ["vae-digits", "gmvae-10-digits", "ssvae-digits", "fsvae-digits", "hvae-digits", "ae-2d-digits"]
)
def test_a_job_trains_on_the_accelerator_and_sends_what_any_machine_can_read(
    accelerator: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Stopped after an epoch, and gone on from what it left."""
    trained_on: list[torch.device] = []

    def watched(run: training.Run, *rest: Any) -> Iterator[training.Progress]:
        trained_on.append(run.model.device)
        return training.fit(run, *rest)

    monkeypatch.setattr(task, "best_device", lambda: THERE)
    monkeypatch.setattr(task, "fit", watched)
    preset = QUICK[name]
    config = dataclasses.replace(preset.training, epochs=2, batch_size=2_000, precision="float32")
    model = dataclasses.replace(preset.config, hidden=(4,))
    file = runs.dumps(*runs.new(name, preset.model, model, config))
    for epochs, until in ((1, Until(seconds=1e-9)), (2, Until())):
        scheduler = Scheduler(monkeypatch)
        file = task.train(file, "job", "topic", math.inf, until=until)
        *_, snapshot = scheduler.snapshots
        assert snapshot
        for checkpoint in map(checkpoints.loads, (file, snapshot)):
            assert checkpoint.card["epoch"] == epochs
            tensors = [*checkpoint.model.state_dict().values(), *(checkpoint.resume or {}).values()]
            assert {tensor.device.type for tensor in tensors} == {"cpu"}
        said = {event["event"] for event in scheduler.events}
        frames = [event["pixels"] for event in scheduler.events if event["event"] == "frame"]
        assert said == {"started", "frame", "record"} and {len(pixels) for pixels in frames} == {8 * 784}
    assert trained_on == [THERE, THERE]


def test_a_model_writes_the_same_wherever_it_is(accelerator: None) -> None:
    """Its weights, as this accelerator gives them back, are all one half."""
    here = models.build("vae", {"z_dim": 2, "hidden": (4,)})
    there = models.build("vae", {"z_dim": 2, "hidden": (4,)}).to(THERE)
    with torch.no_grad():
        for parameter in here.parameters():
            parameter.fill_(0.5)
    x = torch.zeros(8, 784)
    assert written(there, x) == written(here, x)
    assert there.device == THERE


LIKELIHOODS = ("vae", "vae-gaussian", "gmvae", "ssvae", "fsvae", "fsvae-streetdigits", "hvae")


@pytest.mark.parametrize("name", (*LIKELIHOODS, "ae-2d"))
def test_a_model_is_measured_where_its_weights_are(accelerator: None, name: str) -> None:
    """From images and labels of the CPU, as the command line has them."""
    model, _ = small(name)
    split = images(model)
    x = binarize(split.images, "static")
    measured = evaluation.evaluate(model, x, split.labels, ks=(1, 2))
    assert measured.n == N and set(measured.bounds) == ({1, 2} if model.has_likelihood else set())
    y = split.labels[0] if model.needs_labels else None
    terms = evaluation.image_terms(model, x[0], y, draws=3)
    assert terms.mean.device == terms.per_pixel.device == THERE
    if isinstance(model, SSVAE):
        assert classification.predict(model, x).device.type == "cpu"


@pytest.mark.parametrize("name", ["vae", "gmvae"])
def test_elbo_surgery_is_done_where_the_weights_are(accelerator: None, name: str) -> None:
    model, _ = small(name)
    assert diagnostics.surgery(model, binarize(images(model).images, "static")).elbo < 0


@pytest.mark.parametrize("objective", ["elbo", "iwae", "stl", "dreg"])
def test_gradients_noise_is_measured_where_the_weights_are(accelerator: None, objective: Any) -> None:
    model, _ = small("vae")
    x = binarize(images(model).images, "static").to(THERE)
    gradient_noise.signal_to_noise(model, x, objective, k=2, repeats=2)


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_a_model_draws_where_its_weights_are(accelerator: None, name: str) -> None:
    model, _ = small(name)
    generator = torch.Generator(model.device)
    y = torch.arange(3, device=model.device) if model.n_labels else None
    likelihood = model.decode(model.sample_prior(3, generator), y)
    assert isinstance(likelihood, Independent)
    draws = [networks.sample_pixels(likelihood, generator)]
    if isinstance(model, GMVAE):
        x = binarize(images(model).images, "static").to(THERE)
        draws += [model.sample_component(1, 3, generator), model.occupancy(x, generator)]
    if isinstance(model, HVAE):
        draws.append(model.sample_lower(model.sample_upper(3, generator), generator))
    assert all(draw.device == THERE for draw in draws)


def test_mixed_devices_are_noticed(accelerator: None) -> None:
    here, there = torch.ones(2), torch.ones(2, device=THERE)
    generator = torch.Generator(THERE)
    for mixing in (
        lambda: here + there,
        lambda: nn.functional.linear(there, torch.ones(3, 2)),
        lambda: there.index_select(0, torch.zeros(1, dtype=torch.int64)),
        lambda: torch.cat([here, there]),
        lambda: torch.randn(2, generator=generator),
        lambda: torch.rand(2, device=THERE, generator=torch.Generator()),
    ):
        with pytest.raises(MixedDevicesError):
            mixing()
    assert (there[torch.zeros(1, dtype=torch.int64)] + torch.tensor(1.0)).device == THERE  # CUDA's exceptions
    assert there.sum().item() == 0.5 and there.cpu().tolist() == [0.5, 0.5]
