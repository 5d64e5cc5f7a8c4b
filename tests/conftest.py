import functools
import gc
import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# The same examples on every machine and run, and no failure because a machine was busy.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")

# Without a data folder of the tester's choice there is none, whatever lies in the user's cache folder.
if "VAELAB_DATA" not in os.environ:
    _EMPTY = tempfile.TemporaryDirectory(prefix="vaelab-tests-")
    os.environ["VAELAB_DATA"] = _EMPTY.name


# Files go to one process or the other as a whole, as their tests share servers, clusters and what is made once. Those
# that wait for a browser or a worker begin first, so that those that compute fill the time.
FIRST = ("tests/browser", "tests/vaemodels/test_job", "tests/pages", "tests/ui")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in FIRST])


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Two processes on two cores: each computes on one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _quick_apps() -> Iterator[None]:
    """Garbage is not looked for among all that torch, Streamlit and the tests have made by now, as it is on no server;
    and Streamlit looks through the installed packages for components once, not for every AppTest."""
    from streamlit.components.v2 import manifest_scanner

    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as monkeypatch:
        once = functools.cache(manifest_scanner.scan_component_manifests)
        monkeypatch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def _seed() -> None:
    import torch

    torch.manual_seed(0)
