"""The ink of a picture: what stands out from its ground, whether by lightness or by colour alone."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vaemodels.data.framing import Ink
from vaemodels.errors import LabError

MIN_CONTRAST = 24  # of 255, between ink and ground
NOISE_STDS = 4.0
EVEN_GROUND = 0.5  # grey levels of noise, below which a picture is not a photograph
BY_COLOUR = 2.0  # times the contrast of lightness, from which ink is told from its ground by colour
WINDOWS = 4  # across a picture, of which one is wider than any stroke
MOST_OF_BORDER, MOST_OF_PICTURE = 0.02, 0.4  # shares that a digit's ink may cover
DOUBT = (
    "The ground of this picture is uneven or its ink reaches the edge, so some of what the model sees may not be ink; "
    "crop the picture to the digit, or write it on plain paper."
)
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as for the grey of JPEG


class InkPicture(NamedTuple):
    """The ink of a picture, uint8 `[height, width]` from 0 (the ground) to 255, and how it was told from the ground.

    It was darker or lighter than that; or of another colour of about the same lightness. `levels`, of the same shape,
    are what it was told by. `doubt` says in a sentence what may be wrong with it.
    """

    ink: Ink
    dark_on_light: bool
    levels: Ink
    by_colour: bool = False
    doubt: str = ""


def ink_of(colours: npt.NDArray[np.uint8]) -> InkPicture:
    """What stands out from the ground in `colours: [height, width, 3]`, by lightness or, where that is faint, colour.

    Raises:
        LabError: if nothing stands out.
    """
    grey = colours @ LUMA
    hue = _along_ink(colours)
    if _contrast(hue) > BY_COLOUR * max(_contrast(grey), 1):
        by_colour = 255 * (hue - hue.min()) / np.ptp(hue)
        return InkPicture(_ink_of_levels(hue)[0], False, by_colour.round().astype(np.uint8), by_colour=True)
    (ink, dark_on_light), doubt = _ink_of_grey(grey)
    return InkPicture(ink, dark_on_light, grey.round().astype(np.uint8), doubt=doubt)


def _ink_of_grey(grey: npt.NDArray[np.float64]) -> tuple[tuple[Ink, bool], str]:
    """The ink, whether it is dark on light, and what may be wrong with it."""
    if _ground(grey)[1] > EVEN_GROUND:
        local = _ink_on_local_ground(grey)
        if local is not None and not _is_doubtful(local[0]):
            return local, ""
    plain = _ink_of_levels(grey)
    if not _is_doubtful(plain[0]):
        return plain, ""
    local = _ink_on_local_ground(grey)
    return (plain, DOUBT) if local is None or _is_doubtful(local[0]) else (local, "")


def _is_doubtful(ink: Ink) -> bool:
    """Whether ink reaches the border, or covers more of the picture than a digit does: ground was taken for ink."""
    inked = ink > 0
    return bool(inked[_border(ink.shape)].mean() > MOST_OF_BORDER or inked.mean() > MOST_OF_PICTURE)


def _ink_on_local_ground(grey: npt.NDArray[np.float64]) -> tuple[Ink, bool] | None:
    """Ink on paper that shadows cross, or that lies on something else, and whether it is dark; None if there is none.

    The differences from a wide mean are skewed to the ink's side, as it covers less than the ground does. What follows
    is of dark ink: light ink is first turned dark.

    The ground is the grey closed by a window wider than strokes: dark lines are filled, the edges of shadows and sheets
    stay where they are. The ink is the share of the light that it swallows. Of parts that reach the border, such as
    ruled lines and tables, none is ink if there is other ink; the rest is cropped to where it is strong.
    """
    from scipy import ndimage

    from_mean = grey - ndimage.gaussian_filter(grey, min(grey.shape) / 8)
    dark_on_light = bool((from_mean**3).sum() < 0)
    if not dark_on_light:
        grey = 255 - grey
    window = max(3, min(grey.shape) // WINDOWS)
    smooth = ndimage.gaussian_filter(grey, min(grey.shape) / 256)
    ground = ndimage.grey_closing(smooth, (window, window), mode="nearest").clip(min=1)
    share = (1 - smooth / ground).clip(min=0)
    most = float(np.quantile(share, 0.999))
    if most * float(np.median(ground)) < MIN_CONTRAST:
        return None
    parts, count = ndimage.label(share > most / 2, np.ones((3, 3)))
    at_border = np.unique(parts[_border(grey.shape)])
    sizes = ndimage.sum_labels(parts > 0, parts, np.arange(count + 1))
    inside = np.setdiff1d(np.arange(1, count + 1), at_border)
    if not len(inside):
        return None
    strong = np.isin(parts, inside[sizes[inside] >= sizes[inside].max() / 10])
    # A pixel or two around what is strong are its edge.
    near = ndimage.binary_dilation(strong, np.ones((3, 3)), iterations=max(1, min(grey.shape) // 128))
    ink = np.where(near & (share > most / 4), share, 0)
    return (ink * (255 / ink.max())).round().astype(np.uint8), dark_on_light


def _along_ink(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Levels `[height, width]`, 0 for the ground, along the direction of colour in which pixels differ most from it.

    It is the first right singular vector of the differences. Black is as far from white as in lightness, 255; ink is
    on the positive side.
    """
    from_ground = colours - np.median(colours[_border(colours.shape[:2])], axis=0)
    flat = from_ground.reshape(-1, 3)
    _, axes = np.linalg.eigh(flat.T @ flat)
    levels = (from_ground @ axes[:, -1]) / np.sqrt(3)
    return levels * np.sign((levels**3).sum())


def _contrast(levels: npt.NDArray[np.float64]) -> float:
    """How far the thousandth of pixels that differ most lie from the border's."""
    return float(np.quantile(np.abs(levels - np.median(levels[_border(levels.shape)])), 0.999))


def _ink_of_levels(grey: npt.NDArray[np.float64]) -> tuple[Ink, bool]:
    """What stands out from the ground in `grey: [height, width]`, up to 255, and whether it is dark on light.

    The ground is the plane a + b·row + c·column through the picture's border, so that paper may be lit from one side.
    What is too faint is empty: a sixteenth of the most ink, which lossy formats leave around edges; where the border
    is noisy, as in a photograph, a quarter of it, or four standard deviations of the noise.

    Raises:
        LabError: if nothing stands out.
    """
    ground, noise = _ground(grey)
    difference = grey - ground
    light = difference.clip(min=0)
    # Dark ink swallows a share of the light that falls on it, so its contrast is less where there is less light.
    dark = (-difference).clip(min=0) * (ground.mean() / ground.clip(min=1))
    dark_on_light = bool((dark**2).sum() > (light**2).sum())
    ink = dark if dark_on_light else light
    most = float(ink.max())
    if most < max(MIN_CONTRAST, NOISE_STDS * noise):
        raise LabError("Nothing in the picture stands out from its ground; choose one with more contrast.")
    faint = max(most / 4, NOISE_STDS * noise) if noise > EVEN_GROUND else most / 16
    ink[ink < faint] = 0
    return (ink * (255 / most)).round().astype(np.uint8), dark_on_light


def _ground(grey: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """The plane through the border `[height, width]`, and the standard deviation of the border around it."""
    height, width = grey.shape
    rows, columns = np.mgrid[:height, :width]
    border = _border(grey.shape)
    levels = grey[border].astype(float)
    # Ink that reaches the border must not tilt the plane.
    paper = np.abs(levels - np.median(levels)) <= 3 * _spread(levels)
    terms = np.stack([np.ones(grey.size), rows.ravel(), columns.ravel()], axis=1)
    plane, *_ = np.linalg.lstsq(terms[border.ravel()][paper], levels[paper])
    ground = (terms @ plane).reshape(grey.shape)
    return ground, _spread(levels[paper] - ground[border][paper])


def _border(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which pixels `[height, width]` lie within a twentieth of the picture's side of its edge."""
    height, width = shape
    margin = max(1, min(shape) // 20)
    border = np.ones(shape, bool)
    border[margin : height - margin, margin : width - margin] = False
    return border


def _spread(values: npt.NDArray[np.float64]) -> float:
    """The standard deviation that the median distance from the median stands for in normal noise."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))
