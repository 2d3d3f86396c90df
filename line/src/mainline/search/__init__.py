"""A search for a better section `train`, done by the pipeline: how far it is, its page, and what is taken from it."""
