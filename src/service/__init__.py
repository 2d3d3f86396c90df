"""How the model is served: an HTTP service made from models/signature.json, so that a new model needs no code."""

from service.predictor import Predictor

__all__ = ["Predictor"]
