"""How the model is made: the DVC stages, one module a stage, in dvc.yaml's order.

ingest -> validate -> split -> train -> predict -> evaluate
"""

from pipeline import machine

machine.steady()
