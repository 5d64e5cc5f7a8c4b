from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ui.images import picker
from ui.images.picker import image_picker, thumbnails


def test_a_grid_that_is_back_shows_what_was_picked_whatever_streamlit_still_has_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state: dict[str, Any] = {}
    sent: list[int] = []

    def mount(*, key: str, data: dict[str, Any], **_: Any) -> SimpleNamespace:
        state[key] = "a value"
        sent.append(data["selected"])
        return SimpleNamespace(choice={"index": 3, "occasion": data["occasion"]})

    monkeypatch.setattr(picker.st, "session_state", state)
    monkeypatch.setattr(picker, "_picker", mount)
    images = thumbnails(torch.zeros(5, 4, dtype=torch.uint8), (1, 2, 2), torch.zeros(5))
    for is_back in (True, False, True):
        assert image_picker(images, key="grid", is_back=is_back) == 3
    assert sent == [0, 0, 3]
