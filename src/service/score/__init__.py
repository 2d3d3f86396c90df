"""Batch: a file in, a file out, with the same model and the same answers as over HTTP."""
