"""SVHN with small .mat files of the same form in place of the real ones, and a server of our own in torchvision's."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest
import torch
from scipy.io import savemat

from vaemodels import data
from vaemodels.data import svhn, torchvision_import
from vaemodels.errors import LabError

SIZES = {"train": 30, "test": 12}
VALIDATION = 5


def arrays(half: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures uint8 [32, 32, 3, n] and labels [n, 1] from 1 to 10, as in the real files."""
    n = SIZES[half]
    random = np.random.default_rng(n)
    return random.integers(0, 256, (32, 32, 3, n), np.uint8), (np.arange(n) % 10 + 1).astype(np.uint8)[
        :, None
    ]


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[Path, bytes]]:
    """What the two files should hold, by path; neither is there yet."""
    files = {}
    for half, file in svhn.FILES.items():
        pictures, labels = arrays(half)
        stream = io.BytesIO()
        savemat(stream, {"X": pictures, "y": labels}, do_compression=True)
        content = stream.getvalue()
        files[tmp_path / "SVHN" / file.name] = content
        digest = hashlib.sha256(content).hexdigest()
        monkeypatch.setitem(svhn.FILES, half, file._replace(size=len(content), sha256=digest))
    monkeypatch.setattr(svhn, "VALIDATION", VALIDATION)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    data.load.cache_clear()
    svhn._read.cache_clear()
    yield files
    data.load.cache_clear()
    svhn._read.cache_clear()


def write(contents: dict[Path, bytes]) -> None:
    for path, content in contents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def is_one_sentence_with_remedy(error: BaseException) -> bool:
    text = str(error)
    return "\n" not in text and text.endswith(".") and ": " in text and ". " not in text


def test_pictures_are_channels_first_and_a_ten_is_a_zero(contents: dict[Path, bytes]) -> None:
    write(contents)
    assert data.is_available("svhn")
    for half, splits in (("train", ("train", "validation")), ("test", ("test",))):
        pictures, labels = arrays(half)
        parts = [data.load("svhn", split) for split in splits]
        images = torch.cat([part.images for part in parts])
        assert images.dtype == torch.uint8 and images.shape == (SIZES[half], 3072)
        np.testing.assert_array_equal(images.view(-1, 3, 32, 32).numpy(), pictures.transpose(3, 2, 0, 1))
        np.testing.assert_array_equal(torch.cat([part.labels for part in parts]), labels[:, 0] % 10)
    assert len(data.load("svhn", "validation").labels) == VALIDATION
    assert data.load("svhn", "test").labels.dtype == torch.int64
    assert data.load("svhn", "test").labels.min() == 0 and data.load("svhn", "test").labels.max() == 9


def test_the_size_is_named_before_the_download() -> None:
    dataset = data.get("svhn")
    assert dataset.download_bytes == 182_040_794 + 64_275_384
    assert dataset.sizes == {"train": 68_257, "validation": 5_000, "test": 26_032}
    assert dataset.family == "gaussian" and dataset.n_labels == 10


def test_one_half_is_enough_for_its_own_split(contents: dict[Path, bytes]) -> None:
    test = next(path for path in contents if path.name.startswith("test"))
    write({test: contents[test]})
    assert not data.is_available("svhn")
    assert len(data.load("svhn", "test").images) == SIZES["test"]
    with pytest.raises(LabError, match="SVHN is not on this machine") as caught:
        data.load("svhn", "train")
    assert is_one_sentence_with_remedy(caught.value) and "download svhn" in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "words"), [("cut", "cut short"), ("flip", "corrupt"), ("longer", "corrupt")]
)
def test_a_damaged_file_gives_one_sentence(contents: dict[Path, bytes], damage: str, words: str) -> None:
    write(contents)
    path = next(path for path in contents if path.name.startswith("train"))
    content = bytearray(contents[path])
    if damage == "cut":
        content = content[:100]
    elif damage == "flip":
        content[500] ^= 1
    else:
        content += b"more"
    path.write_bytes(content)
    assert data.is_available("svhn") == (damage == "flip")  # which looks at sizes only
    with pytest.raises(LabError, match=words) as caught:
        data.load("svhn", "validation")
    assert is_one_sentence_with_remedy(caught.value)


class FakeTorchvision:
    """Stands for torchvision's `datasets`: its downloader writes the right files, or fails as told."""

    def __init__(self, contents: dict[Path, bytes]) -> None:
        self.served = {path.name: content for path, content in contents.items()}
        self.failure: Exception | None = None
        self.asked: list[str] = []
        halves = {
            half: [f"https://there/{file.name}", file.name, self.md5(file.name)]
            for half, file in svhn.FILES.items()
        }
        self.SVHN = SimpleNamespace(split_list=halves)
        self.utils = SimpleNamespace(tqdm=dict, check_integrity=self.check, download_url=self.download_url)

    def md5(self, name: str) -> str:
        return hashlib.md5(self.served[name]).hexdigest()

    @staticmethod
    def check(path: Path, md5: str) -> bool:
        return path.is_file() and hashlib.md5(path.read_bytes()).hexdigest() == md5

    def download_url(self, url: str, root: str, filename: str, md5: str) -> None:
        name = url.rpartition("/")[2]
        self.asked.append(name)
        if self.failure and name.startswith("test"):
            Path(root, filename).write_bytes(self.served[name][:50])
            raise self.failure
        Path(root, filename).write_bytes(self.served[name])


@pytest.fixture
def server(contents: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> FakeTorchvision:
    server = FakeTorchvision(contents)
    monkeypatch.setattr(torchvision_import, "datasets", lambda: server)
    return server


def test_a_download_fetches_both_files_once(server: FakeTorchvision, contents: dict[Path, bytes]) -> None:
    reports: list[tuple[int, int]] = []
    data.download("svhn", lambda done, total: reports.append((done, total)))
    folder = next(iter(contents)).parent
    assert {path: path.read_bytes() for path in folder.iterdir()} == contents
    total = sum(map(len, contents.values()))
    assert reports[-1] == (total, total) and reports == sorted(reports)
    data.download("svhn")
    assert sorted(server.asked) == ["test_32x32.mat", "train_32x32.mat"]


def test_a_lost_network_gives_one_sentence_and_keeps_what_arrived(
    server: FakeTorchvision, contents: dict[Path, bytes]
) -> None:
    server.failure = URLError("no route to host")
    with pytest.raises(LabError, match="could not be downloaded") as caught:
        data.download("svhn")
    assert is_one_sentence_with_remedy(caught.value)
    assert not data.is_available("svhn")
    assert [path.name for path in contents if path.is_file()] == ["train_32x32.mat"]
    server.failure = None
    server.asked.clear()
    data.download("svhn")
    assert server.asked == ["test_32x32.mat"] and data.is_available("svhn")


def test_a_file_of_something_else_is_not_put_in_place(
    server: FakeTorchvision, contents: dict[Path, bytes]
) -> None:
    write(contents)
    path = next(path for path in contents if path.name.startswith("train"))
    path.write_bytes(b"broken")
    server.served[path.name] = b"something else"
    server.SVHN.split_list["train"][2] = server.md5(path.name)
    with pytest.raises(LabError, match="does not hold SVHN's file") as caught:
        data.download("svhn")
    assert is_one_sentence_with_remedy(caught.value)
    assert path.read_bytes() == b"broken"


def test_a_data_folder_that_cannot_be_made(
    server: FakeTorchvision, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    monkeypatch.setenv("VAELAB_DATA", str(in_the_way))
    assert not data.is_available("svhn")
    with pytest.raises(LabError, match="cannot be written"):
        data.download("svhn")
    assert server.asked == []


def test_the_files_known_here_are_torchvisions() -> None:
    names = {half: entry[1] for half, entry in torchvision_import.datasets().SVHN.split_list.items()}
    assert {half: file.name for half, file in svhn.FILES.items()} == {h: names[h] for h in ("train", "test")}


def test_it_reads_as_torchvision_does(contents: dict[Path, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    write(contents)
    module = torchvision_import.datasets()
    halves = {
        half: [url, name, hashlib.md5(next(c for p, c in contents.items() if p.name == name)).hexdigest()]
        for half, (url, name, _) in module.SVHN.split_list.items()
        if half in SIZES
    }
    monkeypatch.setattr(module.SVHN, "split_list", halves)
    theirs = module.SVHN(next(iter(contents)).parent, split="test")
    ours = data.load("svhn", "test")
    np.testing.assert_array_equal(ours.images.view(-1, 3, 32, 32).numpy(), theirs.data)
    np.testing.assert_array_equal(ours.labels.numpy(), theirs.labels)
