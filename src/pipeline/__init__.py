"""How the model is made: the DVC stages (stages/), in dvc.yaml's order.

ingest -> validate -> split -> train -> predict -> evaluate
"""

from pipeline import determinism

determinism.steady()
