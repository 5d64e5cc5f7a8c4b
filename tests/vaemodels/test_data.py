import errno
import gzip
import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import IO
from urllib.error import URLError

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vaemodels import data, files
from vaemodels.data import binarization, digits, fetch, mnist, torchvision_import
from vaemodels.errors import LabError, UsageError

SPLITS = ("train", "validation", "test")
ROOT = Path(__file__).parents[2]


def in_new_process(code: str) -> str:
    """What `code` prints in a Python of its own."""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def is_one_sentence_with_remedy(error: BaseException) -> bool:
    text = str(error)
    return "\n" not in text and text.endswith(".") and ": " in text and ". " not in text


# The registry


def test_importing_the_data_package_imports_nothing_heavy() -> None:
    heavy = "{'torchvision', 'scipy', 'sklearn', 'distributed'}"
    assert in_new_process(f"import sys, vaemodels.data; print({heavy} & set(sys.modules))") == "set()"


@pytest.mark.parametrize("name", data.DATASETS)
def test_a_dataset_is_what_it_says(name: str) -> None:
    dataset = data.get(name)
    if not data.is_available(name):
        pytest.skip(f"{name} is not on this machine")
    for split in SPLITS:
        images, labels = data.load(name, split)
        assert images.dtype == torch.uint8
        assert images.shape == (dataset.sizes[split], np.prod(dataset.image_shape))
        assert labels.dtype == torch.int64
        assert labels.shape == (dataset.sizes[split],)
        assert set(labels.tolist()) == set(range(dataset.n_labels))
        assert images.max() == 255
        assert images.min() == 0


def test_loading_again_gives_the_same_tensors() -> None:
    assert data.load("digits", "test").images is data.load("digits", "test").images


def test_unknown_names_are_usage_errors_that_name_the_known_ones() -> None:
    for call in (data.get, data.is_available, data.download, lambda name: data.load(name, "test")):
        with pytest.raises(UsageError, match="digits, mnist"):
            call("cifar")
    with pytest.raises(UsageError, match="train, validation, test"):
        data.load("digits", "dev")


def test_the_data_folder_is_the_chosen_one_else_the_platforms_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_DATA", "/somewhere/else")
    assert data.data_folder() == Path("/somewhere/else")
    monkeypatch.delenv("VAELAB_DATA")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert data.data_folder() == Path("/caches/vaelab")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert data.data_folder() == Path.home() / ".cache" / "vaelab"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert data.data_folder() == Path.home() / "Library" / "Caches" / "vaelab"


# The built-in digits


def test_the_digits_are_scikit_learns() -> None:
    """To make the file again: np.savez_compressed(digits.FILE, images=images, labels=labels)."""
    sklearn = pytest.importorskip("sklearn.datasets")
    copy = sklearn.load_digits()
    images, labels = copy.images.astype(np.uint8), copy.target.astype(np.uint8)
    with np.load(digits.FILE) as file:
        assert set(file) == {"images", "labels"}
        np.testing.assert_array_equal(file["images"], images)
        np.testing.assert_array_equal(file["labels"], labels)
        np.testing.assert_array_equal(file["images"], copy.images)
    in_order = torch.cat([data.load("digits", split).labels for split in SPLITS])
    np.testing.assert_array_equal(in_order, copy.target)


def test_digits_sit_in_the_field_as_mnists_do() -> None:
    images = torch.cat([data.load("digits", split).images for split in SPLITS]).view(-1, 28, 28)
    mass = images.double().sum((1, 2))
    position = torch.arange(28.0, dtype=torch.float64)
    row = images.double().sum(2) @ position / mass
    column = images.double().sum(1) @ position / mass
    # Half a pixel from rounding the offset to a whole one.
    assert (row - 14).abs().max() <= 0.5
    assert (column - 14).abs().max() <= 0.5
    inked_rows = (images > 0).any(2).sum(1)
    inked_columns = (images > 0).any(1).sum(1)
    assert inked_rows.max() <= 20
    assert inked_columns.max() <= 20


def test_framing_keeps_a_shape_and_its_ink() -> None:
    small = np.zeros((8, 8), np.uint8)
    small[:, 3:5] = 255
    field = digits.frame(small)
    assert field.shape == (28, 28)
    assert field[14, 14] == 255
    assert field[4:24].sum() == field.sum()  # 20 rows high, in the middle
    assert field.sum() / small.sum() == pytest.approx((20 / 8) ** 2, rel=0.05)


def test_framing_an_empty_picture_and_one_in_a_corner() -> None:
    assert digits.frame(np.zeros((8, 8), np.uint8)).sum() == 0
    corner = np.zeros((8, 8), np.uint8)
    corner[0, 0] = 255
    assert digits.frame(corner).sum() > 0


def test_a_damaged_package_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "digits.npz"
    broken.write_bytes(digits.FILE.read_bytes()[:1000])
    monkeypatch.setattr(digits, "FILE", broken)
    digits._read.cache_clear()
    with pytest.raises(LabError, match="install VAE Lab again") as caught:
        digits.load("test")
    assert is_one_sentence_with_remedy(caught.value)
    digits._read.cache_clear()


def test_downloading_what_comes_with_the_package_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision_import, "datasets", lambda: pytest.fail("tried to download"))
    data.download("digits")


# MNIST, with small files of the same form in place of the real ones


def raw_bytes(name: str) -> bytes:
    """An IDX file with as many entries as the real one, but images of 2x2 pixels."""
    n = 60_000 if name.startswith("train") else 10_000
    shape = (n, 2, 2) if "images" in name else (n,)
    header = bytes([0, 0, 8, len(shape)]) + b"".join(size.to_bytes(4, "big") for size in shape)
    return header + np.random.default_rng(len(name)).integers(0, 10, shape, np.uint8).tobytes()


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[Path, bytes]]:
    """What the four files should hold, by path; none of them is there yet."""
    contents = {}
    for table in (mnist.IMAGES, mnist.LABELS):
        for half, file in table.items():
            content = raw_bytes(file.name)
            contents[tmp_path / "MNIST" / "raw" / file.name] = content
            digest = hashlib.sha256(content).hexdigest()
            monkeypatch.setitem(table, half, file._replace(size=len(content), sha256=digest))
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    data.load.cache_clear()
    data.pixel_means.cache_clear()
    mnist._read.cache_clear()
    yield contents
    data.load.cache_clear()
    data.pixel_means.cache_clear()
    mnist._read.cache_clear()


def write(contents: dict[Path, bytes]) -> None:
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def by_name(contents: dict[Path, bytes], name: str) -> Path:
    return next(path for path in contents if path.name == name)


def test_mnist_is_cut_into_its_splits(small_mnist: dict[Path, bytes]) -> None:
    write(small_mnist)
    assert data.is_available("mnist")
    pixels, labels = {}, {}
    for path, content in small_mnist.items():
        half = "test" if path.name.startswith("t10k") else "train"
        if "images" in path.name:
            pixels[half] = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 4)
        else:
            labels[half] = np.frombuffer(content, np.uint8, offset=8)
    for split, half, part in (
        ("train", "train", slice(0, 55_000)),
        ("validation", "train", slice(55_000, 60_000)),
        ("test", "test", slice(0, 10_000)),
    ):
        images, targets = data.load("mnist", split)
        assert len(images) == data.get("mnist").sizes[split]
        np.testing.assert_array_equal(images, pixels[half][part])
        np.testing.assert_array_equal(targets, labels[half][part])


def test_mnists_pixel_means_are_those_of_its_training_split_without_holding_it(
    small_mnist: dict[Path, bytes],
) -> None:
    write(small_mnist)
    means = data.pixel_means("mnist")
    assert mnist._read.cache_info().currsize == 0
    images = data.load("mnist", "train").images
    assert torch.equal(means, images.double().mean(0).float() / 255)
    path = by_name(small_mnist, "train-images-idx3-ubyte")
    for spoil, words in DAMAGES.values():
        data.pixel_means.cache_clear()
        path.unlink() if spoil is None else path.write_bytes(spoil(small_mnist[path]))
        with pytest.raises(LabError, match=words):
            data.pixel_means("mnist")
        write(small_mnist)


def test_only_the_files_of_a_split_are_asked_for(small_mnist: dict[Path, bytes]) -> None:
    write({path: content for path, content in small_mnist.items() if path.name.startswith("t10k")})
    assert not data.is_available("mnist")
    assert len(data.load("mnist", "test").images) == 10_000
    with pytest.raises(LabError):
        data.load("mnist", "validation")


DAMAGES: dict[str, tuple[Callable[[bytes], bytes] | None, str]] = {
    "missing": (None, "is missing"),
    "truncated": (lambda content: content[: len(content) // 2], "is cut short at"),
    "empty": (lambda content: b"", "is cut short at 0 of"),
    "too long": (lambda content: content + b"x", "is corrupt"),
    "one bit": (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "is corrupt"),
    "another magic number": (lambda content: b"\x00\x00\x0d\x03" + content[4:], "is corrupt"),
}


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_gives_one_sentence_with_the_remedy(
    small_mnist: dict[Path, bytes], name: str, damage: str
) -> None:
    write(small_mnist)
    path = by_name(small_mnist, name)
    spoil, sentence = DAMAGES[damage]
    if spoil is None:
        path.unlink()
    else:
        path.write_bytes(spoil(small_mnist[path]))
    with pytest.raises(LabError, match=sentence) as caught:
        data.load("mnist", "test")
    assert str(path) in str(caught.value)
    assert "python -m vaemodels download mnist" in str(caught.value)
    assert is_one_sentence_with_remedy(caught.value)
    path.write_bytes(small_mnist[path])
    assert len(data.load("mnist", "test").images) == 10_000, "a failure must not be remembered"


def test_a_folder_in_a_files_place_counts_as_missing(small_mnist: dict[Path, bytes]) -> None:
    write(small_mnist)
    path = by_name(small_mnist, "t10k-labels-idx1-ubyte")
    path.unlink()
    path.mkdir()
    assert not data.is_available("mnist")
    with pytest.raises(LabError, match="is missing"):
        data.load("mnist", "test")


def test_an_unreadable_file_says_so(small_mnist: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    write(small_mnist)

    def refuse(path: Path, mode: str) -> IO[bytes]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LabError, match=r"cannot be read \(Permission denied\)"):
        data.load("mnist", "test")


def test_a_download_replaces_an_unreadable_file(
    server: "FakeTorchvision", small_mnist: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(small_mnist)
    path = by_name(small_mnist, "t10k-labels-idx1-ubyte")
    read_bytes = Path.read_bytes

    def refuse(each: Path) -> bytes:
        if each == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(each))
        return read_bytes(each)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        data.download("mnist")
    assert server.asked == [f"https://first/{path.name}.gz"]
    assert path.read_bytes() == small_mnist[path]


# Downloads, with a server of our own in torchvision's place


class FakeTorchvision:
    """Stands for torchvision's `datasets`: its downloader writes what is in `archives`, or fails as told."""

    def __init__(self, contents: dict[Path, bytes]) -> None:
        self.archives = {
            f"{path.name}.gz": gzip.compress(content, mtime=0) for path, content in contents.items()
        }
        self.failures: dict[str, Exception] = {}
        self.asked: list[str] = []
        resources = [(name, hashlib.md5(archive).hexdigest()) for name, archive in self.archives.items()]
        self.MNIST = SimpleNamespace(mirrors=["https://first/", "https://second/"], resources=resources)
        self.utils = SimpleNamespace(tqdm=dict, check_integrity=self.check, download_url=self.download_url)

    @staticmethod
    def check(path: Path, md5: str) -> bool:
        return path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() == md5

    def download_url(self, url: str, root: str, filename: str, md5: str) -> None:
        self.asked.append(url)
        archive = filename.removesuffix(".part")
        if failure := self.failures.get(url, self.failures.get(archive)):
            Path(root, filename).write_bytes(self.archives[archive][:100])
            raise failure
        Path(root, filename).write_bytes(self.archives[archive])


@pytest.fixture
def server(small_mnist: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> FakeTorchvision:
    server = FakeTorchvision(small_mnist)
    monkeypatch.setattr(torchvision_import, "datasets", lambda: server)
    return server


def test_a_download_fetches_everything_once(server: FakeTorchvision, small_mnist: dict[Path, bytes]) -> None:
    reports: list[tuple[int, int]] = []
    data.download("mnist", lambda done, total: reports.append((done, total)))
    assert {path: path.read_bytes() for path in small_mnist} == small_mnist
    assert {path.name for path in next(iter(small_mnist)).parent.iterdir()} == {p.name for p in small_mnist}
    total = data.get("mnist").download_bytes
    assert reports[-1] == (total, total)
    assert reports == sorted(reports)
    asked = len(server.asked)
    data.download("mnist")
    assert len(server.asked) == asked == 4


def test_only_what_is_broken_is_fetched_again(
    server: FakeTorchvision, small_mnist: dict[Path, bytes]
) -> None:
    write(small_mnist)
    broken = by_name(small_mnist, "train-images-idx3-ubyte")
    broken.write_bytes(small_mnist[broken][:1000])
    stamps = {path: path.stat().st_mtime_ns for path in small_mnist if path != broken}
    reports: list[tuple[int, int]] = []
    data.download("mnist", lambda done, total: reports.append((done, total)))
    assert server.asked == ["https://first/train-images-idx3-ubyte.gz"]
    assert broken.read_bytes() == small_mnist[broken]
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert reports[-1][1] == mnist.IMAGES["train"].archive_size


def test_the_second_mirror_is_tried(server: FakeTorchvision, small_mnist: dict[Path, bytes]) -> None:
    name = "t10k-images-idx3-ubyte.gz"
    server.failures[f"https://first/{name}"] = URLError("no route")
    data.download("mnist")
    assert f"https://second/{name}" in server.asked
    assert data.is_available("mnist")


@pytest.mark.parametrize(
    "failure",
    [
        URLError(OSError(errno.ECONNREFUSED, "Connection refused")),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
        RuntimeError("File not found\nor corrupted."),
        TimeoutError("timed out"),
    ],
)
def test_a_lost_network_gives_one_sentence_and_keeps_what_arrived(
    server: FakeTorchvision, small_mnist: dict[Path, bytes], failure: Exception
) -> None:
    server.failures["t10k-images-idx3-ubyte.gz"] = failure
    with pytest.raises(LabError, match="could not be downloaded") as caught:
        data.download("mnist")
    assert is_one_sentence_with_remedy(caught.value)
    arrived = {path for path in small_mnist if path.is_file()}
    assert arrived
    server.failures.clear()
    server.asked.clear()
    data.download("mnist")
    assert len(server.asked) == len(small_mnist) - len(arrived)
    assert data.load("mnist", "test")


OWN_NAMES = {  # of the training images, from MNIST/raw
    "an archive made elsewhere": "train-images-idx3-ubyte.gz",
    "a dot for a dash": "train-images.idx3-ubyte",
    "its archive": "train-images.idx3-ubyte.gz",
    "in a folder of its name": "train-images.idx3-ubyte/train-images.idx3-ubyte",
    "in a folder of the right name": "../train-images-idx3-ubyte/train-images-idx3-ubyte",
    "in MNIST": "../train-images-idx3-ubyte.gz",
    "in the data folder": "../../train-images.idx3-ubyte",
}


@pytest.mark.parametrize("kind", OWN_NAMES)
def test_what_the_user_has_is_used_and_kept(
    server: FakeTorchvision, small_mnist: dict[Path, bytes], kind: str
) -> None:
    path = by_name(small_mnist, "train-images-idx3-ubyte")
    write({other: content for other, content in small_mnist.items() if other != path})
    own = path.parent / OWN_NAMES[kind]
    own.parent.mkdir(parents=True, exist_ok=True)
    packed = own.suffix == ".gz"
    own.write_bytes(gzip.compress(small_mnist[path], 1, mtime=7) if packed else small_mnist[path])
    before = own.read_bytes()
    data.download("mnist")
    assert server.asked == []
    assert path.read_bytes() == small_mnist[path] and own.read_bytes() == before


def spoilt_archives(good: bytes) -> dict[str, bytes]:
    return {
        "no archive": b"hello",
        "cut short": good[:-50],
        "of something else": gzip.compress(b"x"),
        "bad block": good[:20] + bytes(20) + good[40:],
    }


@pytest.mark.parametrize("kind", spoilt_archives(bytes(100)))
def test_what_the_user_has_stays_until_its_replacement_is_there(
    server: FakeTorchvision, small_mnist: dict[Path, bytes], kind: str
) -> None:
    path = by_name(small_mnist, "train-labels-idx1-ubyte")
    write({other: content for other, content in small_mnist.items() if other != path})
    own = path.with_name(f"{path.name}.gz")
    own.write_bytes(spoilt_archives(server.archives[own.name])[kind])
    before = own.read_bytes()
    server.failures[own.name] = URLError("no route")
    with pytest.raises(LabError, match="could not be downloaded"):
        data.download("mnist")
    assert own.read_bytes() == before and not path.exists()
    server.failures.clear()
    data.download("mnist")
    assert path.read_bytes() == small_mnist[path]


def test_a_folder_in_a_files_place_is_told_of(
    server: FakeTorchvision, small_mnist: dict[Path, bytes]
) -> None:
    path = by_name(small_mnist, "t10k-images-idx3-ubyte")
    path.mkdir(parents=True)
    with pytest.raises(LabError, match="is a folder, in a file's place: rename it") as caught:
        data.download("mnist")
    assert is_one_sentence_with_remedy(caught.value)


def test_a_full_disk_is_not_called_a_network_failure(server: FakeTorchvision) -> None:
    server.failures["t10k-images-idx3-ubyte.gz"] = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(LabError, match="the disk is full: free some space") as caught:
        data.download("mnist")
    assert is_one_sentence_with_remedy(caught.value)


def test_a_data_folder_that_cannot_be_made(
    server: FakeTorchvision, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("VAELAB_DATA", str(in_the_way))
    assert not data.is_available("mnist")
    with pytest.raises(LabError, match="cannot be written"):
        data.download("mnist")
    assert server.asked == []


def test_an_archive_of_something_else_is_not_put_in_place(
    server: FakeTorchvision, small_mnist: dict[Path, bytes]
) -> None:
    path = by_name(small_mnist, "train-labels-idx1-ubyte")
    name = f"{path.name}.gz"
    server.archives[name] = gzip.compress(b"something else")
    server.MNIST.resources = [
        (each, hashlib.md5(server.archives[each]).hexdigest()) for each, _ in server.MNIST.resources
    ]
    with pytest.raises(LabError, match="does not hold MNIST's file"):
        data.download("mnist")
    assert not path.exists()


def test_a_server_that_falls_silent_is_given_up(
    server: FakeTorchvision, monkeypatch: pytest.MonkeyPatch, small_mnist: dict[Path, bytes]
) -> None:
    answer = threading.Event()
    monkeypatch.setattr(fetch, "STALLED", 0.2)
    monkeypatch.setattr(server.utils, "download_url", lambda *args: answer.wait(30))
    with pytest.raises(LabError, match="nothing came for"):
        data.download("mnist")
    answer.set()


def test_torchvisions_own_downloader_is_quiet_and_reports(
    small_mnist: dict[Path, bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """torchvision itself, against a server on this machine."""
    served = tmp_path / "served"
    served.mkdir()
    resources = []
    for path, content in small_mnist.items():
        archive = gzip.compress(content, mtime=0)
        (served / f"{path.name}.gz").write_bytes(archive)
        resources.append((f"{path.name}.gz", hashlib.md5(archive).hexdigest()))
    (served / resources[0][0]).write_bytes(b"damaged on its way")

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """torchvision looks for redirects first, and hangs up on the answer."""

    server = Server(("127.0.0.1", 0), partial(Handler, directory=str(served)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    real = torchvision_import.datasets().MNIST
    monkeypatch.setattr(real, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    monkeypatch.setattr(real, "resources", resources)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    reports: list[tuple[int, int]] = []
    try:
        with pytest.raises(LabError, match=r"could not be downloaded \(File not found or corrupted"):
            data.download("mnist")
        (served / resources[0][0]).write_bytes(gzip.compress(next(iter(small_mnist.values())), mtime=0))
        data.download("mnist", lambda done, total: reports.append((done, total)))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert {path: path.read_bytes() for path in small_mnist} == small_mnist
    assert reports[-1] == (data.get("mnist").download_bytes,) * 2
    assert capfd.readouterr() == ("", "")


# The real MNIST, where it is at hand


@pytest.fixture
def real_mnist() -> Path:
    if not data.is_available("mnist"):
        pytest.skip("MNIST is not on this machine: set VAELAB_DATA to the folder that holds it")
    return data.data_folder()


def test_mnist_is_torchvisions(real_mnist: Path) -> None:
    module = torchvision_import.datasets()
    for train, splits in ((True, ("train", "validation")), (False, ("test",))):
        theirs = module.MNIST(real_mnist, train=train)
        ours = [data.load("mnist", split) for split in splits]
        assert torch.equal(torch.cat([split.images for split in ours]), theirs.data.flatten(1))
        assert torch.equal(torch.cat([split.labels for split in ours]), theirs.targets)


def test_the_archives_known_here_are_torchvisions() -> None:
    resources = torchvision_import.datasets().MNIST.resources
    assert {name for name, _ in resources} == {f"{file.name}.gz" for file in mnist._files()}
    assert data.get("mnist").download_bytes == pytest.approx(11.6e6, rel=0.01)


# torchvision beside a torch that it was not built for


def test_torchvision_imports_where_its_operators_are_missing() -> None:
    """The failure is provoked, whatever this machine's torchvision is, by refusing to load its library."""
    code = """
import torch
def refuse(path):
    raise OSError("not built for this torch")
torch.ops.load_library = refuse
try:
    import torchvision
except RuntimeError as error:
    print(error)
import sys
import threading
for name in [name for name in sys.modules if name.startswith("torchvision")]:
    del sys.modules[name]
from vaemodels.data import torchvision_import
datasets = torchvision_import.datasets()
assert torchvision_import.datasets() is datasets
print(datasets.MNIST.__name__, datasets.SVHN.__name__)
"""
    assert in_new_process(code).splitlines() == ["operator torchvision::nms does not exist", "MNIST SVHN"]


def test_a_torchvision_that_imports_is_left_alone() -> None:
    code = """
import sys, types
package, datasets = types.ModuleType("torchvision"), types.ModuleType("torchvision.datasets")
package.datasets = datasets
sys.modules |= {"torchvision": package, "torchvision.datasets": datasets}
import torch
from vaemodels.data import torchvision_import
assert torchvision_import.datasets() is datasets
print(hasattr(torch.ops.torchvision, "nms"))
"""
    assert in_new_process(code) == "False"


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (ImportError("No module named 'torchvision'"), "torchvision is not installed"),
        (RuntimeError("compiled with different CUDA major versions."), "torchvision does not fit"),
    ],
)
def test_no_usable_torchvision_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, sentence: str
) -> None:
    def refuse(name: str) -> ModuleType:
        raise failure

    monkeypatch.setattr(torchvision_import.importlib, "import_module", refuse)
    with pytest.raises(LabError, match=sentence) as caught:
        torchvision_import.datasets()
    assert "pip install -r requirements.txt" in str(caught.value)


# Binarisation


def grey_ramp(copies: int = 1) -> torch.Tensor:
    """Every grey level, `[copies, 256]`."""
    return torch.arange(256).to(torch.uint8).repeat(copies, 1)


@pytest.mark.parametrize("mode", data.MODES)
@pytest.mark.parametrize("shape", [(784,), (3, 784), (2, 3, 5)])
def test_binarize_keeps_the_shape_and_gives_float32(mode: str, shape: tuple[int, ...]) -> None:
    images = torch.randint(0, 256, shape, dtype=torch.uint8)
    before = images.clone()
    x = data.binarize(images, mode)
    assert x.dtype == torch.float32
    assert x.shape == shape
    assert torch.equal(images, before)
    if mode != "none":
        assert ((x == 0) | (x == 1)).all()


@pytest.mark.parametrize("mode", ["dynamic", "static"])
def test_draws_follow_their_bernoulli(mode: str) -> None:
    n = 4_000
    x = data.binarize(grey_ramp(n), mode, torch.Generator().manual_seed(1))
    p = torch.arange(256) / 255
    z = (x.mean(0) - p) / (p * (1 - p) / n).sqrt().clamp(min=1e-9)
    assert z.abs().max() < 4.5  # 256 normal deviates
    assert z[1:-1].std() == pytest.approx(1, abs=0.2)
    assert x[:, 0].sum() == 0
    assert x[:, 255].sum() == n


def test_a_million_white_pixels_stay_white_and_black_ones_black() -> None:
    assert data.binarize(torch.full((1_000_001,), 255, dtype=torch.uint8), "dynamic").all()
    assert not data.binarize(torch.zeros(1_000_001, dtype=torch.uint8), "dynamic").any()


def test_neighbouring_pixels_are_drawn_independently() -> None:
    n = 1_000_000
    x = data.binarize(torch.full((n,), 77, dtype=torch.uint8), "dynamic", torch.Generator().manual_seed(1))
    deviations = (x - x.mean()) / x.std()
    for distance in range(1, 9):
        correlation = (deviations[distance:] * deviations[:-distance]).mean().item()
        assert abs(correlation) < 4.5 / n**0.5


def test_dynamic_draws_anew_and_follows_its_generator() -> None:
    images = torch.full((10, 784), 128, dtype=torch.uint8)
    generator = torch.Generator().manual_seed(3)
    first, second = (data.binarize(images, "dynamic", generator) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(first, data.binarize(images, "dynamic", torch.Generator().manual_seed(3)))


def test_dynamic_with_its_own_generator_leaves_the_global_one_alone() -> None:
    before = torch.get_rng_state()
    data.binarize(grey_ramp(), "dynamic", torch.Generator().manual_seed(3))
    data.binarize(grey_ramp(), "static")
    assert torch.equal(torch.get_rng_state(), before)


def test_static_is_one_draw_for_ever() -> None:
    images = data.load("digits", "test").images
    x = data.binarize(images, "static")
    torch.manual_seed(99)
    torch.rand(5)
    assert torch.equal(data.binarize(images, "static", torch.Generator().manual_seed(7)), x)
    assert torch.equal(x[:17], data.binarize(images[:17], "static"))
    # Bounds are published for this very draw: if it moves, they no longer mean the same.
    assert hashlib.sha256(x.to(torch.uint8).numpy().tobytes()).hexdigest()[:16] == "0c28df36abd9e437"


def test_threshold_and_grey_are_exact() -> None:
    ramp = grey_ramp()[0]
    assert torch.equal(data.binarize(ramp, "threshold"), (torch.arange(256) >= 128).float())
    assert torch.equal(data.binarize(ramp, "none"), torch.arange(256) / 255)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=50))
def test_floats_count_as_probabilities(values: list[float]) -> None:
    x = torch.tensor(values)
    assert torch.equal(data.binarize(x, "none"), x)
    assert torch.equal(data.binarize(x, "threshold"), (x > 0.5).float())
    drawn = data.binarize(x, "dynamic")
    assert (drawn[x == 0] == 0).all()
    assert (drawn[x == 1] == 1).all()


def test_an_unknown_mode_is_a_usage_error_that_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="dynamic, static, threshold, none"):
        data.binarize(grey_ramp(), "round")
    assert binarization.MODES == ("dynamic", "static", "threshold", "none")


# Writing files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    files.write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LabError, match="the disk is full: free some space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
