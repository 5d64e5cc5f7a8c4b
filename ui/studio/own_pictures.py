"""Pictures of a visitor's own: a folder or a zip, seen as the model will see them before anything trains on them."""

import re
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

import numpy as np
import streamlit as st
import torch

from ui import words
from ui.address.fragments import is_fragment_run
from ui.components.changing_html import changing_html
from ui.images.decoded import montage
from ui.training.form import KEYS, choose_images
from vaemodels import data
from vaemodels.data import archive, from_pictures
from vaemodels.data.archive import File
from vaemodels.data.from_path import Own
from vaemodels.data.from_pictures import Colour, Pictures
from vaemodels.errors import LabError

OPEN, WAY, COLOUR, INVERTED = "own", "studio_way", "studio_colour", "studio_inverted"
NUMBER, READ, KEPT, REFUSED = "studio_uploads", "studio_read", "studio_pictures", "studio_refused"
MOST_IN_FOLDER = 900  # files: the browser's uploader hangs with more
MOST_MB = 60  # of a zip, or of all files of a folder together
MOST_FILE_MB = 25
MOST_KEPT = 4  # sets of pictures that a visit holds
MOST_PICTURES = archive.MOST_FILES  # in all of these
PREVIEW = 32
REMARKS = 6
_PLAIN = re.compile(r"[^\w\- ]")  # what a title is not made of
WAYS = {"zip": "a zip", "folder": "a folder"}
COLOURS = {"grey": "grey, 28×28", "colour": "colour, 32×32"}


@dataclass(eq=False)
class Kept:
    """A dataset that a visit brought: known to this server for as long as any visit holds it."""

    own: Own

    def __post_init__(self) -> None:
        name = data.add(self.own)
        weakref.finalize(self, data.remove, name)


# Two visits that bring the same pictures hold one dataset.
_kept: weakref.WeakValueDictionary[str, Kept] = weakref.WeakValueDictionary()


def brought() -> list[str]:
    """The names of the visit's own datasets, newest first."""
    return [kept.own.dataset.name for kept in reversed(_mine())]


def _mine() -> list[Kept]:
    mine: list[Kept] = st.session_state.setdefault(KEPT, [])
    return mine


def bring() -> None:
    """The datasets that were brought, and the way to bring another."""
    for kept in _mine():
        _show_kept(kept)
    if not st.toggle("Train on your own pictures", key=OPEN, bind="query-params"):
        return
    if len(_mine()) >= MOST_KEPT:
        st.caption(f"You have brought {MOST_KEPT} sets of pictures; remove one to bring another.")
        return
    way = st.segmented_control(
        "Bring", list(WAYS), format_func=WAYS.__getitem__, key=WAY, required=True, default="zip"
    )
    number = st.session_state.setdefault(NUMBER, 0)
    uploaded = st.file_uploader(
        f"Zip of pictures, {MOST_MB} MB at most"
        if way == "zip"
        else f"Folder of pictures, {MOST_IN_FOLDER} files at most",
        type="zip" if way == "zip" else None,
        accept_multiple_files=False if way == "zip" else "directory",
        max_upload_size=MOST_MB if way == "zip" else MOST_FILE_MB,
        key=f"studio-upload-{way}-{number}",
        help="Subfolders are classes. Pictures are cut to the square in their middle. They stay in this tab's visit.",
    )
    colour = st.segmented_control(
        "As the model sees them",
        list(COLOURS),
        format_func=COLOURS.__getitem__,
        key=COLOUR,
        required=True,
        default="grey",
    )
    inverted = st.toggle("Invert: dark ink on light paper", key=INVERTED)
    if refused := st.session_state.pop(REFUSED, ""):
        st.error(refused)
    if not uploaded:
        st.session_state.pop(READ, None)
        return
    if isinstance(uploaded, list) and (refused := _too_much(uploaded)):
        st.session_state[REFUSED] = refused
        st.session_state[NUMBER] += 1  # a fresh uploader: the server lets go of the files
        st.rerun(scope="fragment" if is_fragment_run() else "app")
    try:
        title, pictures = _read_once(uploaded, cast(Colour, colour), inverted)
    except LabError as error:
        st.error(words.literal(str(error)))
        return
    _preview(title, pictures)


def _too_much(folder: list[Any]) -> str:
    """Why a folder, which a browser sends whole before it is asked, is not read; empty where it is."""
    if len(folder) > MOST_IN_FOLDER:
        return f"The folder holds {len(folder):,} files, more than {MOST_IN_FOLDER}; bring it as a zip."
    size = sum(file.size for file in folder)
    if size > MOST_MB * 10**6:
        return f"The folder has {size / 1e6:,.0f} MB, more than {MOST_MB}; bring fewer or smaller pictures."
    return ""


def _read_once(uploaded: Any, colour: Colour, inverted: bool) -> tuple[str, Pictures]:
    """The pictures of an upload, read when it or how it is read has changed."""
    files = uploaded if isinstance(uploaded, list) else [uploaded]
    asked = (*(file.file_id for file in files), colour, inverted)
    if st.session_state.get(READ, (None,))[0] == asked:
        found = st.session_state[READ][1]
        if isinstance(found, LabError):
            raise found
        return cast("tuple[str, Pictures]", found)
    try:
        found = _read(uploaded, colour, inverted)
    except LabError as error:
        st.session_state[READ] = asked, error
        raise
    st.session_state[READ] = asked, found
    return found


def _read(uploaded: Any, colour: Colour, inverted: bool) -> tuple[str, Pictures]:
    bar = st.progress(0.0, "Reading the pictures…")
    if isinstance(uploaded, list):
        title = uploaded[0].name.replace("\\", "/").split("/")[0].rsplit(".", 1)[0]
        files, n = _of_folder(uploaded), len(uploaded)
    else:
        title, n = uploaded.name.rsplit(".", 1)[0], archive.count(uploaded)
        files = archive.files_of(cast("IO[bytes]", uploaded))

    def told(done: int) -> None:
        if done % 50 == 0:
            bar.progress(min(1.0, done / max(1, n)), f"Reading the pictures: {done:,} of {n:,}…")

    try:
        return _PLAIN.sub("", title)[:40].strip() or "pictures", from_pictures.read(
            files, colour, inverted=inverted, progress=told
        )
    finally:
        bar.empty()


def _of_folder(uploaded: list[Any]) -> Iterator[File]:
    for file in uploaded:
        yield File(file.name, file.getvalue())


def _preview(title: str, pictures: Pictures) -> None:
    """What the model will see, how many of each class, what was left out; then the button that keeps it."""
    counts = pictures.counts
    channels, height, width = pictures.pixels.shape[1:]
    n = len(pictures.classes)
    places = _some_of_each(pictures.classes)
    shape = (channels, height, width)
    pixels = torch.from_numpy(np.ascontiguousarray(pictures.pixels[places])).reshape(len(places), -1) / 255
    changing_html(
        montage(pixels, shape, 8, f"{len(places)} of {n} pictures as the model sees them"),
        key="studio-preview",
    )
    if len(counts) > 1:
        told = ", ".join(f"{name} {k:,}" for name, k in list(counts.items())[:20])
        more = f" and {len(counts) - 20} more" if len(counts) > 20 else ""
        st.text(f"{n:,} pictures in {len(counts)} classes: {told}{more}.")
    else:
        st.text(f"{n:,} pictures, without classes.")
    for remark in pictures.remarks()[:REMARKS]:
        st.text(remark)
    st.caption("8 in 10 are trained on, 1 in 10 is held out, 1 in 10 is for the test.")
    held = sum(sum(kept.own.dataset.sizes.values()) for kept in _mine())
    if held + n > MOST_PICTURES:
        st.error(
            f"With the {held:,} that you have brought these are more than {MOST_PICTURES:,} pictures; "
            "remove a set first."
        )
        return
    st.button("Use these pictures", type="primary", on_click=_keep, args=(title, pictures))


def _some_of_each(classes: list[str]) -> list[int]:
    """Places of pictures to show, from all classes in turns."""
    by_class: dict[str, list[int]] = {}
    for place, name in enumerate(classes):
        by_class.setdefault(name, []).append(place)
    turns = [
        (turn, name, place)
        for name, places in by_class.items()
        for turn, place in enumerate(places[:PREVIEW])
    ]
    return [place for _, _, place in sorted(turns)[:PREVIEW]]


def _keep(title: str, pictures: Pictures) -> None:
    """Keep the dataset, choose it in the form, and let go of the files."""
    own = from_pictures.dataset(pictures, title)
    name = own.dataset.name
    kept = _kept.get(name) or Kept(own)
    _kept[name] = kept
    if kept not in _mine():
        _mine().append(kept)
    st.session_state[NUMBER] += 1
    st.session_state.pop(READ, None)
    st.session_state[OPEN] = False
    choose_images(name)


def _remove(kept: Kept) -> None:
    """Let go of a dataset; where the form had chosen it, it has the built-in digits again."""
    _mine().remove(kept)
    if st.session_state.get(KEYS["dataset"]) == kept.own.dataset.name:
        choose_images("digits")


def _show_kept(kept: Kept) -> None:
    facts = kept.own.dataset
    classes = f" in {facts.n_labels} classes" if facts.n_labels > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{facts.title}: {sum(facts.sizes.values()):,} pictures{classes}")
        with st.popover("Remove"):
            st.caption(
                "The pictures leave the server; to train on them again you would have to bring them again."
            )
            st.button(f"Remove {facts.title}", key=f"remove-{facts.name}", on_click=_remove, args=(kept,))
