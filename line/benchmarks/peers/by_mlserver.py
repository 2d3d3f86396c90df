"""What one writes in ten minutes with MLServer: a runtime of one's own, named in model-settings.json."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec, PandasCodec, StringCodec
from mlserver.types import InferenceRequest, InferenceResponse
from model import Model


class Plain(MLModel):
    """Answers the Open Inference Protocol."""

    async def load(self) -> bool:
        """Load the model."""
        self.model = Model()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer columns."""
        said, table = self.model.table(PandasCodec.decode_request(payload))
        classes = StringCodec.encode_output("predictions", [str(one) for one in said])
        chances = NumpyCodec.encode_output("probabilities", table.to_numpy())
        return InferenceResponse(model_name=self.name, outputs=[classes, chances])
