"""The experiments of the SSVAE page; tests/ui/test_try_ssvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

MODEL = "ssvae-digits"

EXPERIMENTS = [
    Experiment(
        "differ",
        "Two answers to one image",
        "Read the two bars beside 5 and 7: the image is a 5.",
        "the classifier says 7, the ten ELBOs say 5, all but surely; ELBO(x) stays more than 10 nats lower for it.",
        {"model": MODEL, "images": "digits", "image": "digits-79"},
    ),
    Experiment(
        "sure",
        "What a sure label costs",
        "In the table below the bars find H(q) and KL(q(y|x) ‖ p(y)) of this 6.",
        "H(q) is 0.00 and the KL 2.30 nats, log 10: all of ELBO(x) is the one row of the 6.",
        {"model": MODEL, "images": "digits", "image": "digits-0"},
        "sums",
    ),
    Experiment(
        "doubt",
        "Where the classifier doubts",
        "Read the rows of the table that q(y|x) spreads over.",
        "H(q) is above 0.9 nats, which ELBO(x) has back: KL(q(y|x) ‖ p(y)) is less than 1.4 instead of 2.30.",
        {"model": MODEL, "images": "digits", "image": "digits-95"},
        "sums",
    ),
    Experiment(
        "ten",
        "One hand, ten digits",
        "Look at the row of ten under the large picture, then drag in the plane.",
        "the z of this 6 writes all ten digits: the classifier reads each as the label that it was told.",
        {"model": MODEL, "images": "digits", "image": "digits-0"},
    ),
    Experiment(
        "noughts",
        "Noughts read as sixes",
        "Open the cell of the 0s read as 6.",
        "the cell holds 3 images, a tenth of the noughts.",
        {"model": MODEL, "images": "digits", "image": "digits-0", "look": "confusion", "cell": "0_6"},
        "looks",
    ),
    Experiment(
        "two",
        "Which answer to trust",
        "Step through the images that the two give different labels.",
        "those of ssvae-digits differ on 40 of 300 images: the ten ELBOs are right on 19 of these, the classifier on "
        "11, neither on 10.",
        {"model": MODEL, "images": "digits", "image": "digits-0", "look": "differ"},
        "looks",
    ),
    Experiment(
        "helps",
        "What the unlabelled images teach",
        "Compare the two accuracies, then the images that only one of the models gets right.",
        "from the same 100 labels the ELBO makes it 95.5 % of MNIST’s test images instead of 93.1 %.",
        {"model": MODEL, "images": "digits", "image": "digits-0", "look": "alone"},
        "looks",
    ),
    Experiment(
        "names",
        "Ten groups without names",
        "At 100 labels compare “Enumerating y” with “Labels only”, then add α.",
        "exact M2 is right on one image in ten, as a blind guess would be, a plain classifier on seven in ten; α "
        "closes that gap.",
        {"model": MODEL, "way": "summed", "labels": "100"},
        "ways",
    ),
    Experiment(
        "few",
        "A hundred images, and their labels",
        "Look for the hands that are not among them.",
        "ten of each digit; the labels of 1,197 more images were not used.",
        {"model": MODEL, "images": "digits", "image": "digits-0", "look": "labelled"},
        "looks",
    ),
    Experiment(
        "mixed",
        "z is style",
        "See whether the digits lie apart on the plane.",
        "they lie mixed: a probe tells fewer than a third from z; of a plain VAE’s z it tells more than four in five.",
        {"model": MODEL, "images": "digits", "image": "digits-0", "look": "style"},
        "looks",
    ),
    Experiment(
        "blind",
        "A classifier without a model",
        "Compare the two bars of each label, and the ten ELBOs in nats.",
        "its decoder was never trained: the ten ELBOs lie within half a nat, so their softmax says nearly nothing.",
        {"model": "ssvae-classifier", "images": "digits", "image": "digits-0"},
    ),
]
