"""The Studio as Python runs it: what stands in its chart and under it, what waits, what it says of wrong input."""

import gc
import io
import zipfile
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.ui.test_studio import logged, record
from tests.ui.test_training_run import job
from ui.studio import overlay, own_pictures, series
from ui.studio.experiments import EXPERIMENTS
from ui.studio.own_pictures import Kept, _keep, _read, _too_much
from ui.training.form import KEYS
from ui.training.run import PANEL, Panel
from vaemodels import data
from vaemodels.data import from_pictures
from vaemodels.data.from_pictures import Pictures
from vaemodels.errors import LabError

PAGE = "pages/studio.py"


def captions(at: AppTest) -> str:
    return " ".join(caption.value for caption in at.caption)


def test_it_opens_with_trained_models_and_a_link_can_leave_them_out(visit):
    at = visit(PAGE)
    assert not at.exception and not at.error
    assert "Lowest at the end of an epoch: vae-digits" in captions(at)
    at = visit(PAGE, beside="gmvae-10-digits_nonsense")
    assert at.session_state[overlay.KEY] == ["gmvae-10-digits"]
    at = visit(PAGE, beside="nonsense")
    assert at.session_state[overlay.KEY] == list(overlay.USUAL) and len(at.toast) == 1
    at = visit(PAGE, beside="none")
    assert "Lowest" not in captions(at) and not at.exception


def page_with_buttons() -> None:
    from tests.pages.buttons import with_buttons
    from ui.studio.page import STUDIO

    with_buttons(STUDIO)


def test_an_experiment_fills_in_the_form_whatever_was_in_it():
    at = AppTest.from_function(page_with_buttons, default_timeout=120).run()
    for experiment in EXPERIMENTS:
        at.session_state[KEYS["beta"]] = "7"
        [button] = [button for button in at.button if button.label == experiment.name]
        button.click().run()
        assert not at.exception and not at.toast
        assert experiment.title in " ".join(text.value for text in at.markdown)
        assert at.toggle(key=own_pictures.OPEN).value == ("own" in experiment.state)
        for key, text in experiment.state.items():
            assert str(at.session_state[key]) == str(text), key
        at.toggle(key=own_pictures.OPEN).set_value(False).run()


def test_runs_on_other_bounds_are_named_and_left_off_the_axis(visit):
    at = visit(PAGE)
    panel: Panel = at.session_state[PANEL]
    bound = logged(record(4, 0, bound=-99.0), number=2, objective="iwae", k=50)
    panel.log = [logged(record(4, 90)), bound]
    at.run()
    assert not at.exception
    assert "−L₅₀ on 200 held-out images of the built-in digits" in captions(at)
    assert "Not on this axis, as they measure something else: vae-2d-digits, vae-digits, run 1." in captions(
        at
    )
    at.session_state[overlay.GROUP] = series.group_of(panel.log[0])
    at.run()
    assert "Lowest at the end of an epoch: run 1, 90.00 nats at step 4." in captions(at)
    panel.log[0].changes.append((2, "β 1 → 4"))
    at.run()
    assert "run 1, 90.00" not in captions(at)
    assert "Not ranked, as settings were changed on the way (*): run 1." in captions(at)


def test_what_waits_is_listed_and_can_be_removed(visit):
    at = visit(PAGE)
    panel: Panel = at.session_state[PANEL]
    first, second, third = (logged(record(4, 90), number=i) for i in (1, 2, 3))
    for entry in (first, second, third):
        entry.job = job()
    panel.job, panel.logged, panel.title, panel.epochs = first.job, first, "a run", 9
    panel.waiting, panel.log = [second, third], [first, second, third]
    at.run()
    assert [text.value for text in at.markdown if "waits" in text.value] == [
        "**run 2** waits: a run",
        "**run 3** waits: a run",
    ]
    at.button(key="remove-run 2").click().run()
    assert panel.waiting == [third] and panel.log == [first, third] and not at.exception


def brought(n: int = 20) -> Pictures:
    pixels = np.random.default_rng(n).integers(0, 256, (n, 1, 28, 28), np.uint8)
    return Pictures(pixels, ["cat" if i % 2 else "dog" for i in range(n)])


def test_own_pictures_are_offered_until_they_are_removed(visit):
    kept = Kept(from_pictures.dataset(brought(), "pets"))
    name = kept.own.dataset.name
    at = visit(PAGE)
    at.session_state[own_pictures.KEPT] = [kept]
    at.run()
    assert "pets" in at.selectbox(key=KEYS["dataset"]).options
    at.selectbox(key=KEYS["dataset"]).set_value(name).run()
    assert not at.exception
    at.button(key=f"remove-{name}").click().run()
    assert not at.exception
    assert "pets" not in at.selectbox(key=KEYS["dataset"]).options
    assert at.selectbox(key=KEYS["dataset"]).value == "digits"


def test_pictures_are_forgotten_once_no_visit_holds_them():
    kept = Kept(from_pictures.dataset(brought(30), "pets"))
    name = kept.own.dataset.name
    assert data.find_own(name) is kept.own
    del kept
    gc.collect()
    assert data.find_own(name) is None


def test_the_same_pictures_are_held_once_for_two_visits(monkeypatch):
    visits: list[dict[str, Any]] = [{}, {}]
    for state in visits:
        monkeypatch.setattr(own_pictures.st, "session_state", state)
        state[own_pictures.NUMBER] = 0
        _keep("pets", brought())
    [one], [other] = (state[own_pictures.KEPT] for state in visits)
    assert one is other
    visits[0].clear()
    assert data.find_own(one.own.dataset.name) is one.own


def uploaded(visit, way: str, files: list[tuple[str, bytes, str]]) -> AppTest:
    """The page after a visitor has uploaded files as a folder or a zip."""
    at = visit(PAGE, own="true")
    at.session_state[own_pictures.WAY] = way
    at.run()
    at.file_uploader[0].set_value(files if way == "folder" else files[0]).run()
    assert not at.exception
    return at


def test_a_folder_of_500_files_that_are_no_pictures_is_one_sentence(visit):
    files = [(f"mine/a_b_{i}.txt", b"no picture", "text/plain") for i in range(500)]
    [error] = uploaded(visit, "folder", files).error
    assert error.value.startswith(
        r"There are no pictures; bring at least 10. Left out 500 files (a\_b\_0.txt, a\_b\_1.txt, "
    )
    assert error.value.endswith(".")


def test_a_folder_that_is_too_large_is_let_go_of_with_a_sentence(visit, monkeypatch):
    monkeypatch.setattr(own_pictures, "MOST_MB", 1)
    at = uploaded(visit, "folder", [(f"mine/{i}.png", bytes(700_000), "image/png") for i in range(3)])
    [error] = at.error
    assert error.value == "The folder has 2 MB, more than 1; bring fewer or smaller pictures."
    assert at.file_uploader[0].value in (None, [])
    assert not at.run().error


def test_a_zip_of_too_many_entries_is_one_sentence(visit):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for i in range(20_001):
            opened.writestr(zipfile.ZipInfo(f"{i}.png"), b"")
    at = uploaded(visit, "zip", [("many.zip", file.getvalue(), "application/zip")])
    assert [error.value for error in at.error] == ["The archive holds more than 20,000 files; pack fewer."]


def test_good_pictures_are_previewed_used_and_chosen(visit, monkeypatch):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for i in range(20):
            picture = io.BytesIO()
            Image.new("L", (40, 40), 10 * i).save(picture, "PNG")
            opened.writestr(f"pets/{'cat' if i % 2 else 'dog'}/{i}.png", picture.getvalue())
    at = uploaded(visit, "zip", [("pets.zip", file.getvalue(), "application/zip")])
    assert "20 pictures in 2 classes: cat 10, dog 10." in [text.value for text in at.text]
    monkeypatch.setattr(own_pictures, "MOST_PICTURES", 19)
    at.run()
    assert [error.value for error in at.error] == [
        "With the 0 that you have brought these are more than 19 pictures; remove a set first."
    ]
    monkeypatch.setattr(own_pictures, "MOST_PICTURES", 20)
    at.run()
    [use] = [button for button in at.button if button.label == "Use these pictures"]
    use.click().run()
    assert not at.exception and not at.error
    assert "pets: 20 pictures in 2 classes" in [text.value for text in at.text]
    assert data.find_own(at.session_state[KEYS["dataset"]]) is not None


class Uploaded(io.BytesIO):
    """A file as Streamlit's uploader gives it."""

    name = "pets.zip"
    size = 0
    file_id = "1"


def test_what_is_no_zip_is_told_in_a_sentence():
    with pytest.raises(LabError, match=r"no zip archive; pack the folder of pictures as \.zip\.$"):
        _read(Uploaded(b"nonsense"), "grey", False)
    empty = Uploaded()
    zipfile.ZipFile(empty, "w").close()
    with pytest.raises(LabError, match="no pictures; bring at least 10"):
        _read(empty, "grey", False)


def test_a_folder_of_too_many_files_or_bytes_is_told_in_a_sentence():
    small, large = Uploaded(), Uploaded()
    small.size, large.size = 1, 50_000_000
    assert _too_much([small] * 900) == _too_much([large]) == ""
    assert _too_much([small] * 901) == "The folder holds 901 files, more than 900; bring it as a zip."
    assert _too_much([large] * 2) == "The folder has 100 MB, more than 60; bring fewer or smaller pictures."
