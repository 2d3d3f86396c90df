"""Searches for a better section `train` on the training rows alone."""
