"""The Studio: train anything, watch all runs of a visit together, bring pictures of one's own."""
