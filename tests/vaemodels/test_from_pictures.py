import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vaemodels.data import from_pictures
from vaemodels.data.archive import File
from vaemodels.data.from_path import reorder
from vaemodels.data.from_pictures import as_seen, dataset, read
from vaemodels.errors import LabError


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (40, 40), mode: str = "RGB") -> Image.Image:
    return Image.new("RGB", size, colour).convert(mode)


def some(n: int = 12, folder: str = "") -> list[File]:
    return [File(f"{folder}{i}.png", encoded(flat((10 * i, 0, 0)))) for i in range(n)]


ORANGE = (240, 120, 0)


@pytest.mark.parametrize(
    ("data", "off"),
    [
        (encoded(flat(ORANGE)), 0),
        (encoded(flat(ORANGE, mode="P")), 30),  # of a palette of the web's colours
        (encoded(flat(ORANGE), "JPEG", quality=95), 4),
        (encoded(flat(ORANGE, mode="CMYK"), "JPEG", quality=95), 6),
        (encoded(flat(ORANGE), "WEBP", lossless=True), 0),
        (encoded(flat(ORANGE), "BMP"), 0),
        (encoded(flat(ORANGE), "TIFF"), 0),
        (encoded(flat(ORANGE), "GIF"), 30),
        (encoded(flat(ORANGE), "AVIF", quality=95), 6),
    ],
)
def test_a_picture_of_any_kind_is_seen_in_its_colours(data, off):
    seen = as_seen(data, "colour")
    assert seen.shape == (3, 32, 32) and seen.dtype == np.uint8
    np.testing.assert_allclose(seen.mean((1, 2)), ORANGE, atol=off)
    grey = as_seen(data, "grey")
    assert grey.shape == (1, 28, 28)
    assert abs(grey.mean() - (0.299 * 240 + 0.587 * 120)) <= off + 1  # ITU-R BT.601


def test_a_figure_cut_out_keeps_its_outline():
    """A disc of two colours on nothing: not taken for a sheet, whose own colour is put around it."""
    disc = Image.new("RGBA", (64, 64))
    ImageDraw.Draw(disc).ellipse((0, 0, 63, 63), fill=(250, 240, 90))
    ImageDraw.Draw(disc).ellipse((20, 20, 40, 40), fill=(20, 20, 160))
    seen = as_seen(encoded(disc), "colour")
    assert not seen[:, 0, 0].any()
    assert (seen[:2, 4, 16] > 200).all()


def test_sixteen_bits_are_seen_as_eight():
    levels = np.linspace(0, 65_535, 56 * 56).reshape(56, 56).astype(np.uint16)
    seen = as_seen(encoded(Image.fromarray(levels)), "grey")
    assert seen.min() < 10 and seen.max() > 245


def test_the_square_in_the_middle_is_kept():
    wide = Image.new("L", (90, 30), 0)
    wide.paste(255, (30, 0, 60, 30))
    assert (as_seen(encoded(wide), "grey")[0, :, 2:-2] == 255).all()


def test_a_photograph_is_turned_upright_as_it_says():
    image = Image.new("L", (40, 40), 0)
    image.paste(255, (0, 0, 40, 10))  # light above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    seen = as_seen(encoded(image, "JPEG", exif=exif, quality=95), "grey")[0]
    assert seen[:, -5:].mean() > 240 and seen[:, :-9].mean() < 15


def test_of_an_animation_the_first_picture_is_seen():
    frames = [flat((0, 0, 0)), flat((255, 255, 255))]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert as_seen(data, "grey").max() == 0


def test_folders_below_those_that_all_share_are_classes():
    files = [*some(6, "all/cats/"), *some(7, "all/dogs/young/"), File("all/stray.png", encoded(flat(ORANGE)))]
    found = read(files, "grey")
    assert found.counts == {"cats": 6, "dogs": 7}
    assert found.pixels.shape == (13, 1, 28, 28)
    [remark] = found.remarks()
    assert remark == f"Left out 1 file (stray.png): {from_pictures.BESIDE}"
    assert read(some(), "grey").counts == {"": 12}


def test_a_sentence_names_what_was_left_out_and_why():
    broken = encoded(flat(ORANGE))[:60]
    files = [
        *some(),
        *(File(f"note{i}.txt", b"text") for i in range(5)),
        File("half.png", broken),
        File("link.png", b"", "It is a link, which is not followed; pack the picture itself."),
        File("__MACOSX/._1.png", b"text"),
        File(".DS_Store", b"text"),
        File("Thumbs.db", b"text"),
    ]
    remarks = read(files, "grey").remarks()
    assert len(remarks) == 3 and all(remark.endswith(".") for remark in remarks)
    assert remarks[0].startswith(
        "Left out 5 files (note0.txt, note1.txt, note2.txt and 2 more): This file is not a"
    )
    assert remarks[1].startswith("Left out 1 file (half.png): ")
    assert remarks[2].startswith("Left out 1 file (link.png): It is a link")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "There are no pictures; bring at least 10."),
        (some(1), "There is one picture; bring at least 10."),
        (some(9), "There are 9 pictures; bring at least 10."),
        ([File(f"{i}.png", encoded(flat(ORANGE))) for i in range(12)], "All pictures are alike"),
        (
            [File(f"{i}/{i}.png", some(12)[i % 12].data) for i in range(101)],
            "101 folders, more than 100 classes",
        ),
        ([File("a.txt", b"text")], "Left out 1 file (a.txt)"),
    ],
)
def test_what_nothing_can_be_learned_from_is_refused_in_a_sentence(files, said):
    with pytest.raises(LabError) as refused:
        read(files, "grey")
    assert said in str(refused.value) and str(refused.value).endswith(".")


def test_ink_can_be_inverted_and_progress_is_told():
    done: list[int] = []
    plain = read(some(), "colour", progress=done.append)
    assert done == list(range(1, 13))
    assert (read(some(), "colour", inverted=True).pixels == 255 - plain.pixels).all()


def test_the_dataset_holds_every_picture_once_with_its_class():
    files = [*some(20, "a/"), *some(20, "b/")]
    pictures = read(files, "grey")
    before = pictures.pixels.copy()
    own = dataset(pictures, "mine")
    assert own.dataset.sizes == {"train": 32, "validation": 4, "test": 4}
    assert (own.dataset.n_labels, own.dataset.image_shape, own.dataset.title) == (2, (1, 28, 28), "mine")
    seen = sorted(
        (int(y), bytes(x.numpy())) for split in own.splits.values() for x, y in zip(*split, strict=True)
    )
    wanted = sorted(
        (["a", "b"].index(name), each.tobytes()) for each, name in zip(before, pictures.classes, strict=True)
    )
    assert seen == wanted


@pytest.mark.parametrize("order", [[], [0], [1, 0], [2, 0, 1], [0, 3, 2, 1], [4, 2, 0, 1, 3]])
def test_rows_are_put_into_another_order_in_their_place(order):
    rows = np.arange(3 * len(order), dtype=np.uint8).reshape(len(order), 3)
    wanted = rows[order]
    reorder(rows, order)
    assert np.array_equal(rows, wanted)


def test_the_same_pictures_have_the_same_name_and_others_another():
    names = [
        dataset(read(files, "grey"), title).dataset.name
        for files, title in ((some(), "a"), (some(), "a"), (some(13), "a"), (some(), "b"))
    ]
    assert names[0] == names[1] and len(set(names)) == 3 and all(name.startswith("own-") for name in names)
