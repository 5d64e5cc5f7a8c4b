"""The experiments of the SSVAE page; tests/ui/test_try_ssvae.py holds each observation to what the models compute."""

from ui.try_this import Experiment

EXPERIMENTS: list[Experiment] = []
