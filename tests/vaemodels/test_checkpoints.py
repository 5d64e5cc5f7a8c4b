import errno
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vaemodels import checkpoints, models, tensor_file
from vaemodels.checkpoints import Card, Checkpoint
from vaemodels.errors import LabError, UsageError

CONFIG = {"image_shape": (1, 4, 4), "z_dim": 2, "hidden": (5,)}
RECORD = {
    "step": 10,
    "epoch": 1,
    "seconds": 0.5,
    "learning_rate": 1e-3,
    "train": {"reconstruction": 90.0, "kl_z": 5.0},
    "held_out": {"reconstruction": 91.5, "kl_z": 4.0},
}
EVALUATION = {
    "n": 300,
    "nelbo": 95.5,
    "kl": {"z": 4.0},
    "bounds": None,
    "stderr": {"nelbo": 0.3, "kl": {"z": 0.1}},
}
WHOLE, HALF = torch.float32, torch.float16


def make_model(name: str = "vae", **changes: Any) -> models.Model:
    return models.build(name, CONFIG | changes)


def make_card(model: models.Model, **changes: Any) -> Card:
    card = checkpoints.make_card(
        name="small",
        model=model,
        dataset="digits",
        binarization="dynamic",
        training={"epochs": 1, "learning_rate": 1e-3, "schedule": "cosine"},
        seed=3,
        history=[RECORD],
        evaluation=EVALUATION,
        step=10,
        epoch=1,
    )
    return card | changes


def make_bytes(**changes: Any) -> bytes:
    model = make_model()
    return checkpoints.dumps(model, make_card(model, **changes), dtype=WHOLE)


torch.manual_seed(0)
GOOD = make_bytes()
HEADER_END = 8 + int.from_bytes(GOOD[:8], "little")


def as_plain(value: Any) -> Any:
    """The value after a trip through JSON, where tuples become lists."""
    return json.loads(json.dumps(value))


def taken_apart(data: bytes) -> tuple[dict[str, Any], bytes]:
    """A file's header and the bytes behind it."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def put_together(header: dict[str, Any] | bytes, tensors: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def with_header(change: Callable[[dict[str, Any]], None]) -> bytes:
    """A good file after `change` to its header."""
    header, tensors = taken_apart(GOOD)
    change(header)
    return put_together(header, tensors)


def with_card_text(change: Callable[[str], str]) -> bytes:
    def apply(header: dict[str, Any]) -> None:
        header["__metadata__"]["card"] = change(header["__metadata__"]["card"])

    return with_header(apply)


def with_card(change: Callable[[Card], object]) -> bytes:
    """A good file after `change` to its card."""

    def apply(text: str) -> str:
        card = json.loads(text)
        change(card)
        return json.dumps(card)

    return with_card_text(apply)


def refusal(data: bytes) -> str:
    """The sentence with which `data` is refused."""
    with pytest.raises(LabError) as caught:
        checkpoints.loads(data, "small.safetensors")
    sentence = str(caught.value)
    assert sentence.startswith("small.safetensors ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ". " not in sentence.removeprefix("small.safetensors")
    assert ": " in sentence
    return sentence


# Round trips


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("ae", {}),
        ("vae", {}),
        ("vae", {"likelihood": "gaussian", "variance": "learned", "image_shape": (3, 4, 4)}),
        ("vae", {"likelihood": "gaussian", "variance": "per_pixel"}),
    ],
)
def test_a_model_comes_back_exactly_in_float32(tmp_path: Path, name: str, changes: dict[str, Any]) -> None:
    model = make_model(name, **changes)
    card = make_card(model)
    path = tmp_path / "small.safetensors"
    checkpoints.save(path, model, card, dtype=WHOLE)
    loaded = checkpoints.load(path)
    assert type(loaded.model) is type(model)
    assert loaded.model.config == model.config
    assert loaded.card == as_plain(card)
    assert loaded.resume is None
    assert not loaded.model.training
    state = loaded.model.state_dict()
    assert list(state) == list(model.state_dict())
    for key, tensor in model.state_dict().items():
        assert torch.equal(state[key], tensor)
        assert state[key].dtype == torch.float32
    assert all(parameter.requires_grad for parameter in loaded.model.parameters())
    assert not any(tensor.is_meta for tensor in (*loaded.model.parameters(), *loaded.model.buffers()))


@pytest.mark.parametrize("extra", [nn.Sigmoid(), nn.Dropout(0.5), nn.Identity()])
def test_a_model_that_its_card_does_not_describe_is_not_saved(extra: nn.Module) -> None:
    model = make_model()
    assert isinstance(model.decoder, nn.Sequential)
    model.decoder.append(extra)  # has no weights, so that the file would look the same
    with pytest.raises(LabError, match="is not the one its card describes"):
        checkpoints.dumps(model, make_card(make_model()))


def test_nor_is_one_of_another_activation() -> None:
    with pytest.raises(LabError, match="is not the one its card describes"):
        checkpoints.dumps(make_model(activation="relu"), make_card(make_model(activation="elu")))


def test_a_loaded_model_works_and_trains() -> None:
    model = make_model()
    loaded = checkpoints.loads(checkpoints.dumps(model, make_card(model), dtype=WHOLE)).model
    x = torch.randint(0, 2, (6, 16)).float()
    ours, theirs = (each(x, None, torch.Generator().manual_seed(0)).nelbo for each in (model, loaded))
    assert torch.equal(ours, theirs)
    theirs.mean().backward()
    optimizer = torch.optim.SGD(loaded.parameters(), lr=0.1)
    optimizer.step()
    assert not torch.equal(next(loaded.parameters()), next(model.parameters()))


def test_float16_rounds_to_nearest_and_comes_back_as_float32() -> None:
    model = make_model()
    data = checkpoints.dumps(model, make_card(model))
    header, _ = taken_apart(data)
    assert {entry["dtype"] for name, entry in header.items() if name != "__metadata__"} == {"F16"}
    loaded = checkpoints.loads(data).model.state_dict()
    for key, tensor in model.state_dict().items():
        assert loaded[key].dtype == torch.float32
        assert torch.equal(loaded[key], tensor.half().float())
        assert (loaded[key] - tensor).abs().max() <= 2.0**-11 * tensor.abs().max() + 2.0**-25


def test_the_resume_state_comes_back_exactly() -> None:
    model = make_model()
    resume = {
        "adam.encoder.0.weight.exp_avg": torch.randn(5, 16),
        "step": torch.tensor(12345678901),
        "generator": torch.get_rng_state(),
        "shared": model.state_dict()["encoder.0.weight"],
        "strided": torch.randn(6, 4).t(),
    }
    loaded = checkpoints.loads(checkpoints.dumps(model, make_card(model), HALF, resume)).resume
    assert loaded is not None
    assert loaded.keys() == resume.keys()
    for name, tensor in resume.items():
        assert loaded[name].dtype == tensor.dtype
        assert torch.equal(loaded[name], tensor)


def test_loading_leaves_the_random_generator_alone() -> None:
    data = make_bytes()
    before = torch.get_rng_state()
    checkpoints.loads(data)
    assert torch.equal(torch.get_rng_state(), before)


def test_two_loads_share_no_weights() -> None:
    data = make_bytes()
    first, second = checkpoints.loads(data).model, checkpoints.loads(data).model
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).any()


def test_a_long_history_and_any_script_come_back() -> None:
    history = [RECORD | {"epoch": epoch, "step": 10 * epoch} for epoch in range(3_000)]
    data = make_bytes(history=history, name="Größe – 数字")
    card = checkpoints.loads(data).card
    assert card["history"] == history
    assert card["name"] == "Größe – 数字"


def test_a_card_says_when_and_by_what_it_was_made() -> None:
    card = make_card(make_model())
    assert card["format"] == 1
    assert card["versions"]["torch"] == torch.__version__
    assert card["date"].endswith("+00:00")
    assert card["config"]["hidden"] == (5,)


def test_the_card_is_read_without_the_weights(tmp_path: Path) -> None:
    model = make_model(hidden=(2000, 1000))
    path = tmp_path / "large.safetensors"
    checkpoints.save(path, model, make_card(model), dtype=WHOLE)
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    card = checkpoints.read_card(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert card == checkpoints.load(path).card
    assert peak < 200_000


# Names


def test_pretrained_checkpoints_go_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "pretrained_folder", lambda: tmp_path)
    assert checkpoints.pretrained_names() == []
    with pytest.raises(UsageError, match="There is no checkpoint 'vae'"):
        checkpoints.load("vae")
    for name in ("vae", "ae"):
        (tmp_path / f"{name}.safetensors").write_bytes(make_bytes(name=name))
    (tmp_path / "README.md").write_text("")
    assert checkpoints.pretrained_names() == ["ae", "vae"]
    assert checkpoints.resolve("vae") == tmp_path / "vae.safetensors"
    assert checkpoints.load("vae").card["name"] == "vae"
    assert checkpoints.read_card("ae")["name"] == "ae"
    with pytest.raises(UsageError, match="or ae, vae"):
        checkpoints.resolve("gmvae")


def test_the_pretrained_folder_stands_beside_the_package() -> None:
    assert checkpoints.pretrained_folder() == Path(__file__).parents[2] / "pretrained"


def test_everything_in_pretrained_loads() -> None:
    for name in checkpoints.pretrained_names():
        assert checkpoints.load(name).card["name"] == name


@pytest.mark.parametrize("read", [checkpoints.load, checkpoints.read_card])
def test_a_missing_file_and_a_folder_are_usage_errors(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    for path in (
        tmp_path / "nothing.safetensors",
        tmp_path,
        tmp_path / ("x" * 1000),
        Path("~nobody-here/x"),
        Path("\0"),
    ):
        with pytest.raises(UsageError, match="There is no checkpoint"):
            read(path)


@pytest.mark.parametrize("read", [checkpoints.load, checkpoints.read_card])
def test_an_unreadable_file_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], Any]
) -> None:
    path = tmp_path / "small.safetensors"
    path.write_bytes(make_bytes())

    def refuse(*args: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LabError, match=r"small.safetensors cannot be read \(Permission denied\)"):
        read(path)


@pytest.mark.parametrize("read", [checkpoints.load, checkpoints.read_card])
def test_a_bad_file_is_named(tmp_path: Path, read: Callable[[Path], Any]) -> None:
    path = tmp_path / "small.safetensors"
    path.write_bytes(make_bytes()[:-1])
    with pytest.raises(LabError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} is cut short: ")


# Saving


def test_a_save_that_fails_keeps_the_previous_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "small.safetensors"
    model = make_model()
    checkpoints.save(path, model, make_card(model))
    before = path.read_bytes()
    for function, code, sentence in (
        ("replace", errno.EACCES, "may not be written to"),
        ("fsync", errno.ENOSPC, "the disk is full"),
        ("replace", errno.EIO, "check the folder"),
    ):

        def fail(*args: Any, code: int = code) -> None:
            raise OSError(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(os, function, fail)
            with pytest.raises(LabError, match=sentence) as caught:
                checkpoints.save(path, model, make_card(model, name="new"))
        assert str(path) in str(caught.value)
        assert path.read_bytes() == before
        assert list(tmp_path.iterdir()) == [path]
    checkpoints.save(path, model, make_card(model, name="new"))
    assert checkpoints.load(path).card["name"] == "new"


def test_an_interrupted_save_leaves_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    model = make_model()
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(tmp_path / "small.safetensors", model, make_card(model))
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    model = make_model()
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for place, sentence in (
        ("absent/small.safetensors", "does not exist"),
        ("file/small.safetensors", "folder is a file"),
        ("folder", "a folder has that name"),
    ):
        with pytest.raises(LabError, match=sentence):
            checkpoints.save(tmp_path / place, model, make_card(model))
    if os.geteuid() != 0:
        (tmp_path / "folder").chmod(0o500)
        with pytest.raises(LabError, match="may not be written to"):
            checkpoints.save(tmp_path / "folder" / "small.safetensors", model, make_card(model))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_really_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real_open = open
    monkeypatch.setattr("builtins.open", lambda path, mode: real_open("/dev/full", "wb"))
    model = make_model()
    with pytest.raises(LabError, match="the disk is full"):
        checkpoints.save(tmp_path / "small.safetensors", model, make_card(model))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_not_saved(value: float) -> None:
    model = make_model()
    with torch.no_grad():
        next(model.parameters())[0, 0] = value
    with pytest.raises(LabError, match="not finite"):
        checkpoints.dumps(model, make_card(model))


def test_weights_too_large_for_float16_are_not_saved_in_it() -> None:
    model = make_model()
    with torch.no_grad():
        next(model.parameters())[0, 0] = 1e5
    with pytest.raises(LabError, match="save it in float32"):
        checkpoints.dumps(model, make_card(model))
    checkpoints.loads(checkpoints.dumps(model, make_card(model), WHOLE))


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation": {"nelbo": float("nan")}},
        {"history": [RECORD | {"seconds": float("inf")}]},
        {"history": [{}]},
        {"binarization": "round"},
        {"seed": 2**64},
    ],
)
def test_a_card_that_would_not_load_is_not_saved(changes: dict[str, Any]) -> None:
    with pytest.raises(LabError):
        make_bytes(**changes)


@pytest.mark.parametrize("tensor", [torch.zeros(0), torch.zeros(2, dtype=torch.float64)])
def test_a_resume_state_that_would_not_load_is_not_saved(tensor: torch.Tensor) -> None:
    model = make_model()
    with pytest.raises(LabError):
        checkpoints.dumps(model, make_card(model), resume={"odd": tensor})


# Files that are no checkpoints


def pytorch_file() -> bytes:
    file = io.BytesIO()
    torch.save(make_model().state_dict(), file)
    return file.getvalue()


def zip_file() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("data.pkl", b"x")
    return file.getvalue()


class Explosive:
    """Its unpickling leaves a trace."""

    exploded = False

    def __reduce__(self) -> tuple[Any, ...]:
        return setattr, (Explosive, "exploded", True)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_never_opened(protocol: int) -> None:
    data = pickle.dumps(Explosive(), protocol)
    assert "pickle or zip" in refusal(data)
    assert "pickle or zip" in refusal(pickle.dumps([Explosive(), b"x" * 10_000], protocol))
    assert not Explosive.exploded


def test_what_is_not_a_checkpoint_is_called_by_its_name() -> None:
    assert "is empty" in refusal(b"")
    assert "pickle or zip" in refusal(pytorch_file())
    assert "pickle or zip" in refusal(zip_file())
    assert "no checkpoint" in refusal(b"\x00")
    assert "no checkpoint" in refusal(bytes(100))
    assert "no checkpoint" in refusal(b"\x89PNG\r\n\x1a\n" + bytes(1000))
    assert "no checkpoint" in refusal(b"plain text, and rather more of it than eight bytes")
    assert "no checkpoint" in refusal(pickle.dumps([1, 2, 3], 0))
    assert "damaged header" in refusal(put_together(b"[1, 2]", b""))
    assert "damaged header" in refusal(put_together(b"\xff\xfe{}", b""))
    assert "damaged header" in refusal(put_together(b'{"a": ' + b"[" * 100_000, b""))
    assert "damaged header" in refusal(put_together(b'{"a": ' + b'{"a": ' * 100_000, b""))
    assert "no model card" in refusal(put_together({}, b""))
    assert "no model card" in refusal(put_together({"__metadata__": {"format": "pt"}}, b""))
    assert "damaged header" in refusal(put_together({"__metadata__": {"card": 1}}, b""))
    assert "damaged header" in refusal(put_together({"__metadata__": "card"}, b""))
    assert "damaged header" in refusal(with_header(lambda h: h.update(x=[])))


@pytest.mark.parametrize("claim", [2**63, 2**64 - 1, 2**40, 10**6])
def test_a_headers_claimed_length_takes_no_memory(claim: int) -> None:
    data = struct.pack("<Q", claim) + b"{}" + bytes(100)
    tracemalloc.start()
    sentence = refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "cut short" in sentence or "no checkpoint" in sentence
    assert peak < 200_000


def test_sizes_have_limits(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 9 * 2**20))
        file.truncate(20 * 2**20)  # holes, on most file systems
    with pytest.raises(LabError, match="header of more than 8 MB"):
        checkpoints.read_card(path)
    with path.open("r+b") as file:
        file.truncate(tensor_file.MAX_FILE + 1)
    tracemalloc.start()
    for read in (checkpoints.read_card, checkpoints.load):
        with pytest.raises(LabError, match="larger than 512 MB"):
            read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


FIRST = "model.encoder.0.weight"  # [5, 16], float32


def set_entry(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda header: header[FIRST].update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (set_entry(shape=[16, 5]), "another shape"),
        (set_entry(shape=[80]), "another shape"),
        (set_entry(shape=[5, 17]), "size that is not its shape's"),
        (set_entry(shape=[2**62, 2**62]), "size that is not its shape's"),
        (set_entry(shape=[2**32, 2**32, 80]), "size that is not its shape's"),
        (set_entry(shape=[-5, -16]), "damaged header"),
        (set_entry(shape=[5.0, 16]), "damaged header"),
        (set_entry(shape=[True, 80]), "damaged header"),
        (set_entry(shape=[1] * 100 + [5, 16]), "damaged header"),
        (set_entry(shape="5,16"), "damaged header"),
        (set_entry(shape=None), "damaged header"),
        (set_entry(shape=[0, 16]), "empty tensor"),
        (set_entry(dtype="F16"), "size that is not its shape's"),
        (set_entry(dtype="F64"), "numbers of a type"),
        (set_entry(dtype=["F32"]), "numbers of a type"),
        (set_entry(dtype="U8", shape=[20, 16]), "wrong type"),
        (set_entry(data_offsets=[0, 2**70]), "damaged header"),
        (set_entry(data_offsets=[0, 2**62]), "size that is not its shape's"),
        (set_entry(data_offsets=[320, 0]), "size that is not its shape's"),
        (set_entry(data_offsets=[0]), "damaged header"),
        (set_entry(data_offsets=[4, 324]), "overlap or leave gaps"),
        (set_entry(extra=1), "damaged header"),
        (lambda header: header.pop(FIRST), "overlap or leave gaps"),
        (lambda header: header.update({"model.other": header.pop(FIRST)}), "tensor that its model has not"),
        (lambda header: header.update({FIRST: "x"}), "damaged header"),
        (lambda header: header.update({"resume.x": header.pop(FIRST)}), "lacks a tensor"),
    ],
)
def test_a_header_that_lies_is_refused(change: Callable[[dict[str, Any]], None], sentence: str) -> None:
    assert sentence in refusal(with_header(change))


def test_tensors_may_not_share_bytes() -> None:
    def share(header: dict[str, Any]) -> None:
        header["resume.again"] = header[FIRST]

    assert "overlap" in refusal(with_header(share))


def test_a_tensor_beyond_the_end_takes_no_memory() -> None:
    """A file of a few kilobytes whose header, its card included, agrees on four gigabytes of weights."""
    header, tensors = taken_apart(GOOD)
    end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    header["resume.huge"] = {"dtype": "F32", "shape": [2**30], "data_offsets": [end, end + 2**32]}
    tracemalloc.start()
    assert "cut short" in refusal(put_together(header, tensors))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_key_that_appears_twice_is_refused() -> None:
    header, tensors = taken_apart(GOOD)
    text = json.dumps(header).encode()
    doubled = text[:-1] + b', "__metadata__": {"card": "{}"}}'
    assert "damaged header" in refusal(put_together(doubled, tensors))


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7F800000, 0xFF800000])
def test_weights_that_are_not_finite_are_refused(bits: int) -> None:
    data = bytearray(make_bytes())
    data[-4:] = struct.pack("<I", bits)
    assert "not finite" in refusal(bytes(data))


def test_bytes_behind_the_end_are_refused() -> None:
    assert "4 bytes too many" in refusal(make_bytes() + b"more")


# Cards that lie


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda card: card.update(format=2), "newer VAE Lab"),
        (lambda card: card.update(format="1"), "format version"),
        (lambda card: card.update(format=0), "format version"),
        (lambda card: card.update(format=True), "format version"),
        (lambda card: card.pop("format"), "format version"),
        (lambda card: card.update(model="transformer"), "Unknown model 'transformer'"),
        (lambda card: card.update(model=["vae"]), "without a proper model"),
        (lambda card: card.update(config=None), "without a proper config"),
        (lambda card: card["config"].update(z_dim=3), "another shape"),
        (lambda card: card["config"].update(z_dim="2"), "cannot be built"),
        (lambda card: card["config"].update(z_dim=-1), "cannot be built"),
        (lambda card: card["config"].update(z_dim=10**15), "cannot be built"),
        (lambda card: card["config"].update(hidden=[10**9, 10**9]), "cannot be built"),
        (lambda card: card["config"].update(hidden=[4096] * 8), "cannot be built"),
        (lambda card: card["config"].update(hidden={}), "cannot be built"),
        (lambda card: card["config"].update(image_shape=[1, 4]), "cannot be built"),
        (lambda card: card["config"].update(image_shape=[1, 256, 256]), "another shape"),
        (lambda card: card["config"].update(activation=["relu"]), "cannot be built"),
        (lambda card: card["config"].update(__class__="x"), "cannot be built"),
        (lambda card: card.pop("history"), "without a proper history"),
        (lambda card: card.update(history={}), "without a proper history"),
        (lambda card: card.update(history=[1]), "damaged history"),
        (lambda card: card["history"][0].update(seconds="1"), "damaged history"),
        (lambda card: card["history"][0].update(train={"reconstruction": None}), "damaged history"),
        (lambda card: card["history"][0].update(train={}), "damaged history"),
        (lambda card: card["history"][0].pop("held_out"), "damaged history"),
        (lambda card: card.update(evaluation=[]), "without a proper evaluation"),
        (lambda card: card.update(evaluation={"nelbo": [1]}), "damaged evaluation"),
        (lambda card: card.update(evaluation={"a": {"b": {"c": {"d": 1}}}}), "damaged evaluation"),
        (lambda card: card.update(evaluation_dynamic=[1]), "damaged evaluation"),
        (lambda card: card.update(binarization="round"), "unknown binarisation"),
        (lambda card: card.update(seed=1.5), "without a proper seed"),
        (lambda card: card.update(seed=True), "without a proper seed"),
        (lambda card: card.update(name="x" * 1000), "odd name"),
        (lambda card: card.update(name="a\nb"), "odd name"),
        (lambda card: card.update(start=["vae"]), "odd start"),
        (lambda card: card.update(start="x" * 1000), "odd start"),
        (lambda card: card.update(dataset=None), "without a proper dataset"),
    ],
)
def test_a_card_that_lies_is_refused(change: Callable[[Card], object], sentence: str) -> None:
    assert sentence in refusal(with_card(change))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "{} {}",
        '{"format": NaN}',
        '{"format": Infinity}',
        '{"format": 1e999}',
        '{"format": ' + "9" * 5000 + "}",
        '{"format": 1, "format": 1}',
        "[" * 50_000,
        '{"a": ' * 50_000,
        '"\ud800"',
    ],
    ids=lambda text: text[:20],
)
def test_a_card_that_is_not_json_is_refused(text: str) -> None:
    assert "damaged header" in refusal(with_card_text(lambda card: text))


@pytest.mark.parametrize("constant", ["NaN", "-Infinity", "1e400"])
def test_a_card_holds_finite_numbers_only(constant: str) -> None:
    assert "damaged header" in refusal(with_card_text(lambda card: card.replace("95.5", constant)))


def test_claims_take_no_memory_outside_python_either() -> None:
    """Peak memory of a process that is lied to: weights of 75 MB in the config, of 4 GB in the header."""
    code = """
import json, resource, sys
sys.path.insert(0, "tests/vaemodels")
import test_checkpoints as t
def peak():
    kilobytes = 1 if sys.platform != "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kilobytes / 1024
def lie(header):
    end = max(entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__")
    header["resume.huge"] = {"dtype": "F32", "shape": [2**30], "data_offsets": [end, end + 2**32]}
t.refusal(t.with_card(lambda card: card["config"].update(z_dim=3)))
before = peak()
wide = {"hidden": [4096, 1500], "image_shape": [1, 28, 28]}
assert "another shape" in t.refusal(t.with_card(lambda card: card["config"].update(wide)))
assert "cut short" in t.refusal(t.with_header(lie))
print(peak() - before)
"""
    pytest.importorskip("resource")
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert float(result.stdout) < 15  # MB


# Anything at all


def loads_or_refuses(data: bytes) -> None:
    try:
        loaded = checkpoints.loads(data)
    except LabError as error:
        assert str(error).endswith(".")
        assert "\n" not in str(error)
        return
    assert isinstance(loaded, Checkpoint)
    assert all(tensor.isfinite().all() for tensor in loaded.model.state_dict().values())
    checkpoints.loads(checkpoints.dumps(loaded.model, loaded.card, WHOLE, loaded.resume))


@given(st.integers(0, len(GOOD) - 1))
def test_any_truncation_is_refused(length: int) -> None:
    refusal(GOOD[:length])


@settings(max_examples=500)
@given(st.integers(0, HEADER_END - 1), st.integers(0, 255))
def test_any_byte_of_the_header_may_change(place: int, value: int) -> None:
    loads_or_refuses(GOOD[:place] + bytes([value]) + GOOD[place + 1 :])


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=40), st.integers(0, 40))
def test_any_stretch_may_be_replaced(place: int, piece: bytes, removed: int) -> None:
    loads_or_refuses(GOOD[:place] + piece + GOOD[place + removed :])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    refusal(data)
    refusal(put_together(data, b""))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(make_card(make_model()))), VALUES)
def test_any_field_of_the_card_may_be_anything(key: str, value: Any) -> None:
    loads_or_refuses(with_card(lambda card: card.update({key: value})))


@given(st.sampled_from(sorted(make_card(make_model())["config"])), VALUES)
def test_any_setting_of_the_model_may_be_anything(key: str, value: Any) -> None:
    loads_or_refuses(with_card(lambda card: card["config"].update({key: value})))


@given(st.sampled_from(["dtype", "shape", "data_offsets"]), VALUES)
def test_any_part_of_a_tensors_entry_may_be_anything(key: str, value: Any) -> None:
    loads_or_refuses(with_header(set_entry(**{key: value})))
