"""Pages as Python runs them, without a browser: no network, no dataset folder."""

import gc
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from vaemodels import data, jobs

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing but this machine, and no data but what comes with the package."""

    def refuse(*arguments: object) -> None:
        pytest.fail(f"asked the network for {arguments}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(jobs, "start_local_cluster", refuse)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    threads = torch.get_num_threads()
    yield
    # What the app sets for the whole of its process.
    torch.set_num_threads(threads)
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def changed_files() -> Iterator[None]:
    """For a test that changes the project's files or the data's: nothing is remembered of what they were."""

    def forget() -> None:
        st.cache_data.clear()
        st.cache_resource.clear()
        data.load.cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """`visit(page)`: the page as one comes to it by a link, which is by way of the entry point."""

    def go(page: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        at.query_params.update(query)
        return at.switch_page(page).run()

    return go
