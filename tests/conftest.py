import os
import tempfile

import pytest
from hypothesis import settings

# The same examples on every machine and run, and no failure because a machine was busy.
settings.register_profile("reproducible", derandomize=True, deadline=None)
settings.load_profile("reproducible")

# Without a data folder of the tester's choice there is none, whatever lies in the user's cache folder.
if "VAELAB_DATA" not in os.environ:
    _EMPTY = tempfile.TemporaryDirectory(prefix="vaelab-tests-")
    os.environ["VAELAB_DATA"] = _EMPTY.name


@pytest.fixture(autouse=True)
def _seed() -> None:
    import torch

    torch.manual_seed(0)
