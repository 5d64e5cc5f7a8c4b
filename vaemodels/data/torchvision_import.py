"""`torchvision.datasets`, also where torchvision's compiled half does not fit the installed torch.

A CPU-only torch beside a torchvision built for CUDA cannot load torchvision's operators, and `import
torchvision` then dies with "operator torchvision::nms does not exist", because it registers further kernels
for two of them. Declaring those two is enough for its pure-Python half, which is all that datasets need.
"""

import importlib
import sys
from types import ModuleType

import torch

from vaemodels.errors import LabError

_MISSING = ("nms", "qnms")
_declarations: list[torch.library.Library] = []  # a declaration lasts as long as its library object


def datasets() -> ModuleType:
    """Import and return `torchvision.datasets`; LabError if torchvision cannot be imported."""
    try:
        return importlib.import_module("torchvision.datasets")
    except ImportError as error:
        raise LabError("torchvision is not installed: run `pip install -r requirements.txt`.") from error
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise LabError(
                f"torchvision does not fit the installed torch {torch.__version__}: "
                "run `pip install -r requirements.txt`."
            ) from error
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]  # half-imported
    _declare_missing()
    return importlib.import_module("torchvision.datasets")


def _declare_missing() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in _MISSING:
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declarations.append(library)
