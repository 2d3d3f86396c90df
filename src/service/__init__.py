"""How the model is served: an HTTP service made from models/signature.json, so that a new model needs no code."""

import pipeline  # noqa: F401 - first: it settles which kernels numpy takes
from service.predictor import Predictor

__all__ = ["Predictor"]
