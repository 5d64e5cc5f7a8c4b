"""Linear probes, against what is known of the codes."""

import math

import torch

from vaemodels.analysis import probes


def test_the_slant_of_a_line_is_its_slope():
    image = torch.zeros(1, 20, 30)
    for row in range(20):
        image[0, row, 5 + row // 2] = 1.0
    upright = torch.zeros(1, 20, 30)
    upright[0, :, 7] = 0.5
    found = probes.slant(torch.cat([image, upright, torch.zeros(1, 20, 30)]).flatten(1), 20, 30)
    assert abs(found[0] - 0.5) < 0.01
    assert abs(found[1]) < 1e-6 and found[2] == 0
    assert probes.ink(upright.flatten(1)).item() == 10.0


def test_r_squared_is_the_share_of_variance_that_a_line_explains():
    generator = torch.Generator().manual_seed(0)
    codes = torch.randn(4_000, 3, generator=generator)
    noise = torch.randn(4_000, generator=generator)
    for weight in (0.0, 1.0, 3.0):
        found = probes.r_squared(codes, weight * codes[:, 1] + noise + 7)
        truth = weight**2 / (weight**2 + 1)
        assert abs(found.mean - truth) < 4 * found.stderr + 0.002


def test_its_error_is_the_spread_over_samples():
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(60):
        codes = torch.randn(500, 2, generator=generator)
        found.append(probes.r_squared(codes, codes[:, 0] + torch.randn(500, generator=generator)))
    spread = torch.tensor([value.mean for value in found]).std().item()
    claimed = sum(value.stderr for value in found) / len(found)
    assert 0.7 < claimed / spread < 1.4


def test_a_unit_that_never_moves_breaks_no_fit():
    codes = torch.stack([torch.arange(100.0), torch.full((100,), 3.0)], dim=1)
    assert probes.r_squared(codes, 2 * codes[:, 0]).mean > 0.999


def test_the_fit_knows_nothing_of_what_it_is_tested_on():
    """With as many random codes as images a fit that saw them all would be perfect."""
    generator = torch.Generator().manual_seed(2)
    found = probes.r_squared(torch.randn(60, 40, generator=generator), torch.randn(60, generator=generator))
    assert found.mean < 0.2


def test_accuracy_of_separated_and_of_mixed_classes():
    labels = torch.arange(300) % 3
    generator = torch.Generator().manual_seed(3)
    apart = torch.eye(3)[labels] * 20 + torch.randn(300, 3, generator=generator)
    assert probes.accuracy(apart, labels).mean == 1.0
    mixed = probes.accuracy(torch.randn(300, 3, generator=generator), labels)
    assert abs(mixed.mean - 1 / 3) < 4 * math.sqrt(2 / 9 / 300)


def test_the_discriminant_is_that_of_another_library():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    generator = torch.Generator().manual_seed(4)
    labels = torch.randint(0, 4, (200,), generator=generator)
    codes = torch.randn(4, 3, generator=generator)[labels] + torch.randn(200, 3, generator=generator)
    found = probes.classified_from(codes, labels)
    fold = torch.randperm(200, generator=torch.Generator().manual_seed(0)) % probes.FOLDS
    for held_out in range(probes.FOLDS):
        known = LinearDiscriminantAnalysis().fit(codes[fold != held_out], labels[fold != held_out])
        assert (found[fold == held_out].numpy() == known.predict(codes[fold == held_out])).all()
    assert 0.5 < (found == labels).float().mean() < 1.0
