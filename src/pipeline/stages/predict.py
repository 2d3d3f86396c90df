"""Stage 7, predict: the model's answers for rows it has not seen -> predictions/dev.parquet, sealed.parquet.

Of the sealed set it reads the features only: a model that is never shown the answers cannot copy them.
"""

from pipeline.errors import FAILURES, ModelError, brief
from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import tables

TABLES = {
    "data/dev.parquet": "predictions/dev.parquet",
    "data/sealed/features.parquet": "predictions/sealed.parquet",
}


def run(params: Params) -> None:
    """Predict the dev and the sealed rows."""
    signature = Signature.load()
    fitted = saving.load(trusted=signature.trusted)
    for source, target in TABLES.items():
        try:
            predictions = predicting.predict(fitted, signature, tables.read(source))
        except FAILURES as error:
            raise ModelError(f"{signature.estimator} failed on the rows of {source}: {brief(error)}") from None
        tables.write(predictions, target)
        print(f"predict: {len(predictions):,} rows -> {target}")
