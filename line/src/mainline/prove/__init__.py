"""Whether a model comes from what its stage declares."""
