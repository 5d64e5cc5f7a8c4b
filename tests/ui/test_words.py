import pytest
import torch

from ui import words
from vaemodels import checkpoints


def test_subscript():
    assert words.subscript(10) == "₁₀"
    assert words.dimension(9) == "z₁₀"
    assert words.dimension(7, "z1") == "z1₈"


@pytest.mark.parametrize(
    ("value", "decimals", "text"), [(-1.25, 1, "−1.2"), (-0.04, 1, "0.0"), (3.14159, 3, "3.142")]
)
def test_a_number_has_a_true_minus_sign_and_is_never_a_negative_zero(value, decimals, text):
    assert words.number(value, decimals) == text


def test_a_value_has_a_second_decimal_where_its_error_is_that_small():
    assert words.plus_minus(-95.234, 0.2) == "−95.2 ± 0.2"
    assert words.plus_minus(1.234, 0.012) == "1.23 ± 0.01"


def test_a_point_is_written_out_up_to_its_tenth_component():
    assert words.point(torch.tensor([0.306, -1.2])) == "z₁ 0.31, z₂ −1.20"
    assert words.point(torch.zeros(11)).endswith("z₁₀ 0.00, …")


def test_what_markdown_reads_is_shown_as_it_is():
    assert words.literal("a_b*c ![x](y) :red[z].") == r"a\_b\*c \!\[x\](y) :red\[z\]."


def test_datasets_inside_a_sentence():
    assert [words.dataset(name) for name in ("mnist", "digits")] == ["MNIST", "built-in digits"]
    assert [words.the_dataset(name) for name in ("mnist", "digits")] == ["MNIST", "the built-in digits"]


def test_what_was_measured():
    card = checkpoints.read_card("vae-digits")
    assert words.measured_on(card) == "300 test images of the built-in digits, static binarisation"
    assert words.test_images("digits", 300, "static") == (
        "all 300 test images of the built-in digits (static binarisation)"
    )
    assert (
        words.test_images("mnist", 2_000, "none") == "the first 2,000 of 10,000 test images of MNIST (grey)"
    )
    assert words.test_images("streetdigits", 400, "none").endswith(
        "test images of the street digits (colour)"
    )
    assert words.measured_on(checkpoints.read_card("vae-streetdigits")).endswith(
        "street digits, colour pixels"
    )


def test_a_digit_has_its_article():
    assert [words.a_digit(digit) for digit in (1, 8)] == ["a 1", "an 8"]
