"""Images of one's own: every format gives the same images, and all commands take them."""

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vaemodels import checkpoints, cli, data
from vaemodels.data import from_path
from vaemodels.errors import LabError

N, SIDE = 40, 6
RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (N, SIDE, SIDE), np.uint8)
LABELS = np.sort(np.arange(N) % 3)  # in the order of a folder's classes


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def as_folder(folder: Path) -> Path:
    path = folder / "mine"
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        of_class = path / f"class{label}"
        of_class.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(of_class / f"{i:03}.png")
    return path


def as_npz(folder: Path) -> Path:
    np.savez(folder / "mine.npz", images=PIXELS, labels=LABELS)
    return folder / "mine.npz"


def as_floats(folder: Path) -> Path:
    np.savez(folder / "mine.npz", images=PIXELS[..., None] / 255, labels=LABELS * 10)
    return folder / "mine.npz"


def as_idx(folder: Path) -> Path:
    (folder / "mine-labels-idx1-ubyte").write_bytes(idx(LABELS))
    path = folder / "mine-images-idx3-ubyte"
    path.write_bytes(idx(PIXELS))
    return path


def as_packed_idx(folder: Path) -> Path:
    (folder / "mine-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(LABELS)))
    path = folder / "mine-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(idx(PIXELS)))
    return path


def as_csv(folder: Path) -> Path:
    header = ",".join(["label", *(f"pixel{i}" for i in range(SIDE**2))])
    table = np.column_stack([LABELS, PIXELS.reshape(N, -1)])
    np.savetxt(folder / "mine.csv", table, "%d", ",", header=header, comments="")
    return folder / "mine.csv"


@pytest.mark.parametrize("write", [as_folder, as_npz, as_floats, as_idx, as_packed_idx, as_csv])
def test_every_format_gives_the_same_images_and_labels(write: Callable[[Path], Path], tmp_path: Path) -> None:
    found = from_path.read(write(tmp_path))
    assert found.dataset.image_shape == (1, SIDE, SIDE) and found.dataset.n_labels == 3
    assert found.dataset.sizes == {"train": 32, "validation": 4, "test": 4}
    order = torch.randperm(N, generator=torch.Generator().manual_seed(0))
    images = torch.cat([found.splits[split].images for split in ("train", "validation", "test")])
    labels = torch.cat([found.splits[split].labels for split in ("train", "validation", "test")])
    assert images.dtype == torch.uint8
    assert torch.equal(images, torch.from_numpy(PIXELS).reshape(N, -1)[order])
    assert torch.equal(labels, torch.from_numpy(LABELS)[order])


def test_without_labels_and_in_colour(tmp_path: Path) -> None:
    colours = RANDOM.integers(0, 256, (12, 4, 5, 3), np.uint8)
    for i, pixels in enumerate(colours):
        Image.fromarray(pixels).save(tmp_path / f"{i:02}.png")
    found = from_path.read(tmp_path)
    assert (found.dataset.image_shape, found.dataset.n_labels) == ((3, 4, 5), 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    first = found.splits["train"].images[0].reshape(3, 4, 5).permute(1, 2, 0)
    assert np.array_equal(first.numpy(), colours[order[0]])
    np.savetxt(tmp_path / "plain.csv", PIXELS.reshape(N, -1), "%d", ",")
    assert from_path.read(tmp_path / "plain.csv").dataset.n_labels == 1


def refuse_npz(**arrays: np.ndarray) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        np.savez(folder / "bad.npz", **arrays)  # type: ignore[arg-type]
        return folder / "bad.npz"

    return write


def write_bytes(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def with_another_size(folder: Path) -> Path:
    path = as_folder(folder)
    Image.new("L", (9, 9)).save(path / "class1" / "odd.png")
    return path


def with_a_damaged_picture(folder: Path) -> Path:
    path = as_folder(folder)
    (path / "class1" / "odd.png").write_bytes(b"\x89PNG no")
    return path


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (refuse_npz(x=PIXELS), "no array named images"),
        (refuse_npz(images=PIXELS, labels=LABELS[1:]), "40 images and 39 labels"),
        (refuse_npz(images=PIXELS.astype(np.int64)), "pixels of type int64"),
        (refuse_npz(images=PIXELS.astype(np.float32)), "pixels of type float32"),
        (refuse_npz(images=PIXELS[:3]), "3 images; give 10"),
        (refuse_npz(images=PIXELS.reshape(N, -1)), "images of shape"),
        (refuse_npz(images=np.array([{}] * 20, object)), "can't be read"),
        (write_bytes("a.npz", b"hello"), "can't be read"),
        (write_bytes("a.csv", b"1,2,x\n3,4,5\n"), "no square"),
        (write_bytes("a.csv", b"1,2,3,999\n" * 20), "whole numbers from 0 to 255"),
        (write_bytes("a.csv", b""), "can't be read|no square|images"),
        (write_bytes("a-images-idx3-ubyte", idx(PIXELS)[:-3]), "cut short"),
        (write_bytes("a-images-idx3-ubyte", b"hello"), "no IDX file of images"),
        (write_bytes("a-images-idx3-ubyte.gz", b"hello"), "can't be read"),
        (write_bytes("a.txt", b"hello"), "is no dataset; give a folder"),
        (with_another_size, "odd.png has 9x9 pixels"),
        (with_a_damaged_picture, "odd.png is no picture"),
        (lambda folder: folder, "holds no pictures"),
    ],
)
@pytest.mark.filterwarnings("ignore:loadtxt")
def test_what_is_not_understood_is_one_sentence(
    write: Callable[[Path], Path], words: str, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match=words) as caught:
        from_path.read(write(tmp_path))
    assert str(caught.value).endswith(".") and any(mark in str(caught.value) for mark in ";:")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 pictures in three classes, a bar in one of three places."""
    folder = tmp_path_factory.mktemp("data") / "bars"
    for i in range(200):
        image = RANDOM.integers(0, 40, (8, 8), np.uint8)
        image[:, 1 + 2 * (i % 3)] = 230
        place = folder / "abc"[i % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{i}.png")
    return folder


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("vae-digits", []),
        ("gmvae-10-digits", ["components=3"]),
        ("ssvae-digits", ["labelled=30"]),
        ("fsvae-digits", []),
    ],
)
def test_a_folder_goes_through_every_command(
    preset: str, settings: list[str], pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, grid = tmp_path / "mine.safetensors", tmp_path / "grid.png"
    tiny = ["--epochs", "1", "--set", "hidden=8", "z_dim=2", "precision=float32", *settings]
    given = ["--data", str(pictures)]
    assert cli.main(["train", preset, *given, *tiny, "--out", str(out), "--json"]) == 0, capsys.readouterr()
    card = checkpoints.read_card(out)
    assert (card["dataset"], card["config"]["image_shape"]) == ("bars", [1, 8, 8])
    assert card["evaluation"]["n"] == 20
    assert cli.main(["evaluate", str(out), *given, "--k", "1", "--split", "validation", "--json"]) == 0
    assert cli.main(["sample", str(out), "--columns", "3", "--out", str(grid), "--json"]) == 0
    rows = 3 if preset.startswith(("ssvae", "fsvae")) else 10
    with Image.open(grid) as image:
        assert image.size == (3 * 10 - 2, rows * 10 - 2)
    data._own.clear()
    data.load.cache_clear()
    assert cli.main(["evaluate", str(out), "--json"]) == 2
    assert "on images called 'bars'; give their path with --data." in capsys.readouterr().err
    more = ["--from", str(out), "--epochs", "2", "--out", str(out), "--json"]
    assert cli.main(["train", preset, *more]) == 2
    assert "give their path with --data." in capsys.readouterr().err
    assert cli.main(["train", preset, *given, *more]) == 0
