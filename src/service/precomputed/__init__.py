"""Answers that were written down beforehand, read out of a small store before the model is asked."""
