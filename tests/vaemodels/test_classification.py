import torch
from torch import nn

from vaemodels.analysis.classification import IMAGES_AT_ONCE, accuracy, confusion_matrix, predict
from vaemodels.models import SSVAE, SSVAEConfig


def test_accuracy_and_confusion_by_hand() -> None:
    labels = torch.tensor([0, 0, 0, 1, 1, 2])
    predicted = torch.tensor([0, 2, 0, 1, 0, 2])
    assert accuracy(predicted, labels) == 4 / 6
    expected = [[2, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]  # rows: what it was
    assert confusion_matrix(predicted, labels, 4).tolist() == expected


def test_the_prediction_is_the_most_probable_label_of_every_image() -> None:
    """A classifier that reads the label off one pixel in four, over more images than are looked at at once."""
    model = SSVAE(SSVAEConfig(image_shape=(1, 2, 2), z_dim=1, hidden=(4,), n_labels=4))
    first, _, last = model.classifier
    assert isinstance(first, nn.Linear) and isinstance(last, nn.Linear)
    with torch.no_grad():
        for layer in (first, last):
            layer.weight.copy_(torch.eye(4))
            layer.bias.zero_()
    labels = torch.arange(2 * IMAGES_AT_ONCE + 7) % 4
    x = nn.functional.one_hot(labels, 4).float()
    assert torch.equal(predict(model, x), labels)
    assert accuracy(predict(model, x.flip(1)), 3 - labels) == 1
