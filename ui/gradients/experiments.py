"""The experiments of the Gradients page; tests/ui/test_try_gradients.py holds each observation to what is computed."""

from ui.try_this import Experiment

EXPERIMENTS = [
    Experiment(
        "path",
        "The usual case",
        "Read the variances, the squares of “sd”, then drag k to −3.",
        "the pathwise variance stays 4 whatever k is, and the score function’s goes from 30 at k = 0 to 495 at k = −3.",
        {"toy": "normal_square_1_1_0"},
    ),
    Experiment(
        "waves",
        "Pathwise does not always win",
        "Drag k from 1 to 5 and watch the two sd.",
        "at k = 1 both variances are near 0.3, and at k = 5 the pathwise one is 25 times that of the score function, "
        "because the slope of cos kz grows with k and its height does not.",
        {"toy": "normal_cos_1_1_1"},
    ),
    Experiment(
        "narrow",
        "σ → 0",
        "Drag σ down to 0.01.",
        "the pathwise gradients close in on one value while the score function’s sd grows as 1/σ, to about 100.",
        {"toy": "normal_square_1_1_0"},
    ),
    Experiment(
        "step",
        "A path with no slope",
        "Compare the means with the exact gradient, then drag μ.",
        "the exact gradient is 0.399, the score function finds it, and every pathwise gradient is 0.",
        {"toy": "normal_step_1_1_1"},
    ),
    Experiment(
        "crossing",
        "Where they cross",
        "Drag k in the middle chart to where both variances are the same, then on to the right.",
        "the lines cross near k = 1.1 for z ~ N(1, 1), and beyond it the score function scatters less.",
        {"toy": "normal_cos_1_1_1", "look": "k"},
        "looks",
    ),
    Experiment(
        "signs",
        "Biased estimators with the wrong sign",
        "Compare each mean with the exact gradient, and then set τ to 0.1.",
        "the exact gradient is +0.0005, straight-through gives −0.047 and Gumbel-softmax −0.013 at τ = 1; at τ = 0.1 "
        "it has a third of that bias and four times the noise.",
        {"look": "discrete", "bits": "2", "theta": "0.4", "tau": "1", "loo": "4"},
        "looks",
    ),
    Experiment(
        "stuck",
        "Stuck",
        "Follow the orange lines of the descents.",
        "leave one out follows the exact gradient, and straight-through swings about p = 0.5, where its own "
        "mean is zero.",
        {"look": "discrete", "bits": "2", "theta": "0.4", "tau": "1", "loo": "4"},
        "looks",
    ),
    Experiment(
        "decoder",
        "On a real decoder",
        "Compare the three columns “draws” for μ₁.",
        "without a baseline the score function’s sd is about a hundred times the pathwise one, and even with its "
        "baseline it takes about three times as many draws.",
        {"look": "decoder", "place": "0"},
        "looks",
    ),
]
