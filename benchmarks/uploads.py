"""Memory of the web server as it reads a stranger's pictures: the most that a zip or a folder costs it over idle.

Each upload is read in a fresh process that has imported what the Studio imports, as the page reads it: from the
uploader's own buffer to the dataset that is kept. The buffer is counted too. Peaks are of the whole process.
"""

import argparse
import io
import itertools
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
from PIL import Image

from benchmarks.report import Row, show

LIMIT = 200  # MB over idle
ROOT = Path(__file__).resolve().parents[1]


class Upload(NamedTuple):
    """What is uploaded: who writes it to a path, and how it is read."""

    write: Callable[[Path], None]
    is_folder: bool = False


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--only", help="a part of the names of those to measure", default="")
    options = parser.parse_args()
    if options.read:
        return read(Path(options.read[0]), options.read[1])
    rows = []
    for what, upload in UPLOADS.items():
        if options.only not in what:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "upload"
            upload.write(path)
            words = [sys.executable, "-m", "benchmarks.uploads", "--read", str(path)]
            command = [*words, "folder" if upload.is_folder else "zip"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        megabytes, seconds, said = done.stdout.rstrip("\n").split("\t")
        rows.append(Row(what, float(megabytes), "MB over idle", "at most", LIMIT))
        print(
            f"{what}: {float(megabytes):.0f} MB, {float(seconds):.1f} s; {said}", file=sys.stderr, flush=True
        )
    show("Uploads", {"python": sys.version.split()[0], "platform": sys.platform}, rows, options.json)


def read(path: Path, way: str) -> None:
    """Read an upload as the page does; print megabytes over idle, seconds, and what came of it."""
    from ui.studio import own_pictures
    from vaemodels.data import archive, from_pictures
    from vaemodels.errors import LabError

    Image.init()
    del own_pictures  # imported for what it takes
    idle = psutil.Process().memory_info().rss
    before = time.perf_counter()
    if way == "zip":
        uploaded = io.BytesIO(path.read_bytes())
        files, kept = archive.files_of(uploaded), [uploaded]
    else:
        kept = [io.BytesIO(file.read_bytes()) for file in sorted(path.iterdir())]
        files = (archive.File(f"{i}.png", each.getvalue()) for i, each in enumerate(kept))
    try:
        found = from_pictures.read(files, "colour", inverted=True)
        own = from_pictures.dataset(found, "mine")
        said = f"{sum(own.dataset.sizes.values()):,} pictures. {' '.join(found.remarks())}"
    except LabError as error:
        said = str(error)
    seconds = time.perf_counter() - before
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print((peak - idle) / 1e6, seconds, said[:300], sep="\t")


def zipped(entries: Iterator[tuple[str, bytes]]) -> Callable[[Path], None]:
    """Writes a zip of the entries."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
            for name, data in entries:
                opened.writestr(name, data)

    return write


def folder(entries: Iterator[tuple[str, bytes]]) -> Callable[[Path], None]:
    """Writes a folder of the entries."""

    def write(path: Path) -> None:
        path.mkdir()
        for name, data in entries:
            (path / name).write_bytes(data)

    return write


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noisy(n: int, side: int, kind: str = "PNG", mode: str = "RGB") -> Iterator[tuple[str, bytes]]:
    """Pictures of random pixels, which hardly anything packs."""
    random = np.random.default_rng(0)
    channels = len(Image.new(mode, (1, 1)).getbands())
    for i in range(n):
        pixels = random.integers(0, 128, (side, side, channels), np.uint8)
        image = Image.fromarray(pixels.squeeze(), mode)
        yield f"{i:05}.{kind.lower()}", encoded(image, kind)


def black(n: int, side: tuple[int, int], mode: str, kind: str = "PNG") -> Iterator[tuple[str, bytes]]:
    """The same large and empty picture, whose file is small, over and over."""
    data = encoded(Image.new(mode, side), kind)
    for i in range(n):
        yield f"black-{i}.{kind.lower()}", data


def animated(n: int) -> Iterator[tuple[str, bytes]]:
    """Pictures of 50 frames each."""
    frames = [Image.new("L", (500, 500), 2 * i) for i in range(50)]
    for i in range(n):
        yield f"{i}.gif", encoded(frames[i], "GIF", save_all=True, append_images=frames)


UPLOADS = {
    "20,000 good pictures": Upload(zipped(noisy(20_000, 32))),
    "60 MB of good photographs": Upload(zipped(noisy(62, 600))),
    "100,000 entries": Upload(zipped((f"{i}.png", b"") for i in range(100_000))),
    "bomb: 9 files of 25 MB": Upload(zipped((f"{i}.png", bytes(25_000_000)) for i in range(9))),
    "bomb: 8 files of 24.9 MB": Upload(zipped((f"{i}.png", bytes(24_900_000)) for i in range(8))),
    "pictures of 16 million pixels, RGB": Upload(zipped(black(5, (4_000, 4_000), "RGB"))),
    "pictures of 16 million pixels, RGBA": Upload(zipped(black(5, (4_000, 4_000), "RGBA"))),
    "pictures of 16 million pixels, 16 bits": Upload(zipped(black(5, (4_000, 4_000), "I;16"))),
    "pictures of 16 million pixels, CMYK TIFF": Upload(zipped(black(3, (4_000, 4_000), "CMYK", "TIFF"))),
    "pictures of 178 million pixels": Upload(zipped(black(3, (14_000, 12_000), "1"))),
    "animations of 50 frames": Upload(zipped(animated(12))),
    "60 MB with a large transparent picture": Upload(
        zipped(itertools.chain(noisy(62, 600), black(1, (4_000, 4_000), "RGBA")))
    ),
    "folder of 500 pictures": Upload(folder(noisy(500, 200)), is_folder=True),
    "folder of 500 files that are no pictures": Upload(
        folder((f"{i}.txt", b"no picture" * 1_000) for i in range(500)), is_folder=True
    ),
}


if __name__ == "__main__":
    main()
