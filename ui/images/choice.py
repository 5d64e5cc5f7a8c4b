"""The image a page is about: picked from a dataset's test split, drawn, uploaded, or named by a link."""

import math
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from ui import words
from ui.address import url_state
from ui.images.crop import asked, show_crop
from ui.images.figures import figure
from ui.images.label import PARAMETER as LABEL
from ui.images.label import ask_label
from ui.images.name import Pixels, Place, image_name, parse_image_name
from ui.images.pad import draw_pad
from ui.images.picker import Thumbnails, image_picker, thumbnails
from ui.images.splits import at_hand, binarization, built_in, dataset_for, model_input
from vaemodels import data
from vaemodels.checkpoints import Checkpoint
from vaemodels.data import binarize, from_pictures
from vaemodels.data.framing import FIELD, frame
from vaemodels.errors import LabError
from vaemodels.models import Model
from vaemodels.picture_by_hand import ByHand, ink_by_hand
from vaemodels.picture_files import ENDINGS, MAX_BYTES, read_picture
from vaemodels.picture_ink import InkPicture

SOURCES = {
    "mnist": "MNIST",
    "digits": "Built-in",
    "streetdigits": "Street digits",
    "svhn": "SVHN",
    "draw": "Draw",
    "upload": "Upload",
}
THUMBNAILS = 300
OF_ONES_OWN = {"draw", "upload"}
OWN_SHAPE = (
    1,
    FIELD,
    FIELD,
)  # of images of one's own that are framed as digits; those in colours are only uploaded
OWN_SOURCES: dict[tuple[int, ...], set[str]] = {
    OWN_SHAPE: OF_ONES_OWN,
    from_pictures.SHAPES["colour"]: {"upload"},
}
IMAGE, SOURCE, Z = "image", "images", "z"  # parameters of the address
MEMORIES = "_image_choice"


class Chosen(NamedTuple):
    """An image as the page uses it.

    `key` is its name in the address, `x: [dim]` its pixels as the page's model takes them, `label` its digit where that
    is known or a model has to be told it, and `grey: [dim]` its pixels from 0 to 1 before they were made binary.
    """

    key: str
    caption: str
    x: Tensor
    label: int | None
    grey: Tensor


@dataclass
class _Memory:
    """What a session keeps of its images of one shape between runs and pages."""

    kept: dict[str, str] = field(default_factory=dict)  # by source: the image last chosen there
    current: str | None = None
    source: str | None = None  # of the current image, unless that is the usual one
    dataset: str | None = None  # that the model was trained on
    drawn: str | None = None  # the source that the last run began to draw
    links: int = 0  # followed; what was picked, drawn or uploaded before the last one is out of date
    file: str | None = None  # the upload that was read last
    picture: InkPicture | None = None  # that `kept` has of it
    by_hand: ByHand | None = None  # how it is read, unless automatically
    refusal: str = ""
    at_hand: set[str] = field(default_factory=set)  # datasets

    def image(self, source: str, default: str) -> str:
        """The image chosen at a source; until one is, a dataset's first, or in place of one's own the current image."""
        if source in OF_ONES_OWN:
            return self.kept.get(source) or self.current or image_name(Place(default, 0))
        return self.kept.get(source) or image_name(Place(source, 0))


def pick_image(checkpoint: Checkpoint, slot: str = "", *, own_first: bool = False) -> Chosen:
    """The visitor's choice: of where images come from, and of one image there.

    What they chose on one page is there on the next whose model takes images of its shape, unless a link says
    otherwise. While they draw, those who follow the page's `slot` in the browser are told. On a page where one's own
    image comes first the pad is what is offered before they choose.
    """
    model, dataset = checkpoint.model, checkpoint.card["dataset"]
    shape = tuple(model.config.image_shape)
    memory = st.session_state.setdefault(MEMORIES, {}).setdefault(shape, _Memory())
    titles = _sources(memory, shape)
    default = dataset if dataset in titles else built_in(shape)
    usual = "draw" if own_first and "draw" in titles else default
    if usual in OF_ONES_OWN:
        titles = {usual: titles[usual], **titles}
    if st.session_state.get(SOURCE, default) not in titles:  # they were of another shape
        st.session_state[SOURCE] = memory.source or usual
    elif memory.dataset not in {None, dataset} and st.session_state.get(SOURCE) in data.DATASETS:
        st.session_state[SOURCE] = default
    memory.dataset = dataset
    if url_state.decides(SOURCE):
        if url_state.came_without({IMAGE, SOURCE}):
            _bring_along(memory, default, usual)
        else:
            _follow_link(memory, titles, default, usual, shape)
    source = url_state.segmented("Images", SOURCE, titles, usual, label_visibility="collapsed")

    is_back, memory.drawn = source != memory.drawn, source
    if source == "draw":
        _draw(memory, model, default, slot)
    elif source == "upload":
        _upload(memory, model, slot, shape)
    else:
        _pick(memory, is_back)
    key = memory.current = memory.image(source, default)
    memory.source = None if key == image_name(Place(default, 0)) else source
    usual_image = image_name(Place(default if source in OF_ONES_OWN and own_first else source, 0))
    url_state.put(IMAGE, None if key == usual_image else key)

    chosen = image_named(key, model)
    if source == "upload" and not memory.refusal and memory.picture is None:
        _show_framed(chosen, model)
    if model.needs_labels and (source == "draw" or chosen.label is None):
        occasion = f"{source}/{memory.links}/{memory.file}" if source in OF_ONES_OWN else key
        chosen = chosen._replace(label=ask_label(checkpoint, chosen.x, chosen.label, slot, occasion))
    else:
        url_state.put(LABEL, None)
    if shape != OWN_SHAPE:
        other = "draw" if "upload" in titles else "draw or upload"
        st.caption(f"To {other} a digit, choose a model of grey images of 28×28 pixels.")
    return chosen


def told(model: Model, chosen: Chosen) -> Tensor | None:
    """The label `[]` that the model is told of an image, None if it needs none: the one rule for it.

    It is the image's own, or what `pick_image` had guessed or was told; 0 where nobody was asked.
    """
    return torch.tensor(chosen.label or 0) if model.needs_labels else None


def is_of_other_images(chosen: Chosen, checkpoint: Checkpoint) -> bool:
    """Whether the image is a test image of another dataset than the model was trained on."""
    image = parse_image_name(chosen.key)
    return isinstance(image, Place) and image.dataset != checkpoint.card["dataset"]


def dataset_beside(chosen: Chosen, checkpoint: Checkpoint) -> str:
    """Where other test images beside the chosen one come from: its own dataset, or that which fits the model."""
    image = parse_image_name(chosen.key)
    return image.dataset if isinstance(image, Place) else dataset_for(checkpoint)


def image_named(key: str, model: Model) -> Chosen:
    """The image of a token that `parse_image_name` can read, as `model` takes it."""
    image = parse_image_name(key)
    assert image is not None
    if isinstance(image, Place):
        split = data.load(image.dataset, "test")
        label = int(split.labels[image.place])
        dataset = image.dataset.upper() if image.dataset in {"mnist", "svhn"} else image.dataset
        caption = f"{words.a_digit(label)}, {dataset} test image {image.place}"
        grey = split.images[image.place] / 255
    else:
        label, caption = None, "a drawn or uploaded image"
        grey = torch.tensor(image).flatten() / 255
    unseen = Chosen(key, caption, grey, label, grey)
    return unseen._replace(x=for_model(unseen, model))


def for_model(chosen: Chosen, model: Model) -> Tensor:
    """The chosen image `[dim]` as another model takes it.

    Under a Bernoulli likelihood a test image is the one static draw of its split, an image of one's own is black and
    white by threshold; under a density of pixels both are grey.
    """
    image = parse_image_name(chosen.key)
    if isinstance(image, Place):
        return model_input(image.dataset, model, image.place)
    return binarize(chosen.grey, "threshold" if binarization(model) == "static" else "none")


def _sources(memory: _Memory, image_shape: tuple[int, ...]) -> dict[str, str]:
    """Where images of a shape come from, with titles: datasets, of which one that was once at hand stays so."""
    for name, dataset in data.DATASETS.items():
        if dataset.image_shape != image_shape or name in memory.at_hand:
            continue
        if at_hand(name):
            memory.at_hand.add(name)
        elif name == "mnist":
            _offer_mnist()
    own = OWN_SOURCES.get(image_shape, set())
    return {name: title for name, title in SOURCES.items() if name in memory.at_hand | own}


def _bring_along(memory: _Memory, default: str, usual: str) -> None:
    """Take over the image of the page that the visitor comes from, whatever this one was left with."""
    left = url_state.get(IMAGE) or image_name(Place(url_state.get(SOURCE) or default, 0))
    source = memory.source or usual
    url_state.put(SOURCE, source)
    if memory.image(source, default) != left and url_state.came_without({Z}):
        url_state.put(Z, None)  # it was chosen for the other image


def _follow_link(
    memory: _Memory, titles: Collection[str], default: str, usual: str, shape: tuple[int, ...]
) -> None:
    """Take over the image of a link, or of the address that the visitor went back to.

    Beside an image of a dataset it may name a pad or an upload: whoever sent it had not drawn or uploaded anything yet.
    """
    key, asked = url_state.get(IMAGE), url_state.get(SOURCE) or usual
    if key is None:
        if memory.current is not None:
            # Without an image the address means the first.
            memory.kept.pop(asked, None)
            memory.current = None
            memory.links += 1
        return
    image = parse_image_name(key)
    if image is None:
        url_state.note("The link names an image that does not exist; showing the usual one instead.")
        return
    if isinstance(image, Place):
        source = image.dataset
    else:
        asked = url_state.get(SOURCE) or st.session_state.get(SOURCE) or usual
        source = asked if asked in OF_ONES_OWN else "draw" if "draw" in titles else "upload"
    if source not in titles or not (isinstance(image, Place) or image.size == math.prod(shape)):
        _explain_absence(source, default)
        return
    memory.links += 1
    memory.file = memory.picture = memory.by_hand = None
    memory.refusal = ""
    if isinstance(image, Place) and asked in OF_ONES_OWN & set(titles):
        memory.kept.pop(asked, None)
        memory.current, source = key, asked
    else:
        memory.kept[source] = key
    url_state.put(SOURCE, source)


def _explain_absence(source: str, default: str) -> None:
    """Say why a link's image is not the one on the page."""
    if source in OF_ONES_OWN or data.get(source).image_shape != data.get(default).image_shape:
        url_state.note(
            "The link names an image of another shape than the model takes; showing the usual one instead."
        )
    elif source == "mnist":
        url_state.note(
            "The link names an MNIST image; fetch MNIST to see it. Showing a built-in digit instead."
        )
    else:
        url_state.note(
            f"The link names an image of {SOURCES[source]}; fetch that with `python -m vaemodels download {source}` to "
            "see it. Showing another instead."
        )


def _pick(memory: _Memory, is_back: bool) -> None:
    """The first test images of a dataset, and the one that a link named, for one to be chosen."""
    dataset = st.session_state[SOURCE]
    image = parse_image_name(memory.kept.get(dataset, image_name(Place(dataset, 0))))
    assert isinstance(image, Place)
    places = _first_places(dataset)
    if image not in places:
        places = (*places, image)
    index = image_picker(
        thumbnails_of(places),
        key=f"picker-{dataset}",
        selected=places.index(image),
        occasion=memory.links,
        is_back=is_back,
        columns=5,
    )
    memory.kept[dataset] = image_name(places[index])


@lru_cache(maxsize=4)
def _first_places(dataset: str) -> tuple[Place, ...]:
    count = min(THUMBNAILS, len(data.load(dataset, "test").images))
    return tuple(Place(dataset, place) for place in range(count))


@lru_cache(maxsize=8)
def thumbnails_of(places: tuple[Place, ...]) -> Thumbnails:
    """Test images of one shape, as `image_picker` takes them."""
    splits = [data.load(place.dataset, "test") for place in places]
    chosen = list(zip(splits, places, strict=True))
    return thumbnails(
        torch.stack([split.images[place.place] for split, place in chosen]),
        data.get(places[0].dataset).image_shape,
        torch.stack([split.labels[place.place] for split, place in chosen]),
    )


def _draw(memory: _Memory, model: Model, default: str, slot: str) -> None:
    """A pad to draw on, which shows what the model sees; when the drawing is wiped out, the image it made stays."""
    shown = memory.image("draw", default)
    image = parse_image_name(shown)
    bitmap = draw_pad(
        key="pad",
        framed=None if isinstance(image, Place) else image,
        caption=_what_the_model_sees(model),
        before=f"Until there is one of yours, the page shows {image_named(shown, model).caption}.",
        occasion=memory.links,
        slot=slot,
    )
    if bitmap is not None and bitmap.any():
        memory.kept["draw"] = image_name(frame(bitmap))


def _upload(memory: _Memory, model: Model, slot: str, shape: tuple[int, ...]) -> None:
    """A picture file of the visitor's, read once, and the step to crop it by hand if it is framed as a digit."""
    file = st.file_uploader(
        "Upload a picture of a digit" if shape == OWN_SHAPE else "Upload a picture",
        type=list(ENDINGS),
        max_upload_size=MAX_BYTES // 10**6,
        key=f"picture-{memory.links}",
        label_visibility="collapsed",
    )
    if file is None:
        memory.refusal = ""
        st.caption("A HEIC photograph is not read: export it as JPEG first.")
        if memory.file is not None and "upload" in memory.kept:
            st.caption("Until you upload another, the page shows your last picture:")
    elif file.file_id != memory.file:
        memory.file, memory.refusal = file.file_id, ""
        try:
            if shape == OWN_SHAPE:
                picture = read_picture(file.getvalue())
                memory.kept["upload"] = image_name(frame(picture.ink))
                memory.picture, memory.by_hand = picture, None
            else:
                memory.kept["upload"] = image_name(_colours(file.getvalue()))
        except LabError as error:
            memory.refusal = str(error)
    if memory.refusal:
        st.error(memory.refusal)
        before = "your picture before it" if "upload" in memory.kept else "the image before it"
        st.caption(f"It was not taken: the rest of the page goes on with {before}.")
    elif memory.picture is not None:
        _crop(memory, memory.picture, model, slot)


def _colours(content: bytes) -> Pixels:
    """An uploaded picture as a model of colours sees it, uint8 `[3, 32, 32]`.

    Raises:
        LabError: if it can't be read, or there is nothing to be seen.
    """
    pixels = from_pictures.as_seen(content, "colour")
    if np.ptp(pixels) == 0:
        raise LabError("The picture is of one level all over; choose one that shows something.")
    return pixels


def _crop(memory: _Memory, picture: InkPicture, model: Model, slot: str) -> None:
    """The picture as it was read, to be cropped by hand; where no ink is left the image before stays."""
    occasion = f"{memory.file}/{memory.links}"
    automatic = frame(picture.ink)
    memory.by_hand = asked(picture, memory.by_hand, occasion)
    ink = picture.ink if memory.by_hand is None else ink_by_hand(picture.levels, memory.by_hand)
    if ink.any():
        memory.kept["upload"] = image_name(frame(ink))
    if picture.doubt and memory.by_hand is None:
        st.warning(picture.doubt)
    remark = _how_it_was_read(picture) if memory.by_hand is None else "cropped by hand; "
    caption = _what_the_model_sees(model, remark)
    show_crop(picture, automatic, memory.by_hand, caption=caption, occasion=occasion, slot=slot)


def _how_it_was_read(picture: InkPicture) -> str:
    if picture.by_colour:
        return "told from its ground by colour; "
    return "inverted, as it was dark on light; " if picture.dark_on_light else ""


def _show_framed(chosen: Chosen, model: Model) -> None:
    """An uploaded image that a link brought, as the model sees it."""
    image = parse_image_name(chosen.key)
    if isinstance(image, Place) or image is None:
        st.caption(f"Until there is one of yours, the page shows {chosen.caption}.")
        return
    caption = _what_the_model_sees(model)
    image = image.transpose(1, 2, 0) if image.ndim == 3 else image
    st.html(f'<div class="lab-framed">{figure(image, "The image as it was framed", caption)}</div>')


def _what_the_model_sees(model: Model, remark: str = "") -> str:
    """What is done to an image of one's own; `remark` tells what was done first."""
    framed = tuple(model.config.image_shape) == OWN_SHAPE
    done = "fitted into 20×20 and centred by mass in 28×28, as in MNIST"
    how = f"What the model sees: {remark}{done if framed else 'the square in the middle, made 32×32'}"
    return f"{how}; binarised at the threshold ½." if binarization(model) == "static" else f"{how}."


def _offer_mnist() -> None:
    """The button that fetches MNIST."""
    if data.is_available("mnist"):
        st.error("The MNIST files here are damaged; fetch them again with the button below.")
    size = data.get("mnist").download_bytes / 1e6
    if st.button(
        f"Fetch MNIST ({size:.0f} MB)", help="The built-in digits need no download; MNIST has 70,000."
    ):
        _fetch_mnist()


def _fetch_mnist() -> None:
    """Download MNIST with a progress bar; an error becomes a sentence on the page."""
    bar = st.progress(0.0, "Fetching MNIST…")

    def progress(done: int, total: int) -> None:
        bar.progress(min(1.0, done / total), f"Fetching MNIST: {done / 1e6:.1f} of {total / 1e6:.1f} MB")

    try:
        data.download("mnist", progress)
    except LabError as error:
        st.error(str(error))
        return
    finally:
        bar.empty()
    st.rerun()
