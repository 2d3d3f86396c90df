"""Does the MLflow server answer?"""

import os
from collections.abc import Iterator

from mainline.doctor.checks import ANOTHER_SERVER
from mainline.doctor.finding import FINE, NOT_ASKED, WRONG, Finding
from mainline.errors import MainlineError
from mainline.project import Project
from mainline.tools import mlflow

NAME = "MLflow"
NONE = "MLFLOW_TRACKING_URI is not set: runs are recorded in mlflow.db of this project"


def look(project: Project) -> Iterator[Finding]:
    """One small question to the server, where one is set."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        yield Finding(NAME, NOT_ASKED, NONE, ANOTHER_SERVER)
        return
    try:
        with mlflow.connected(project.root) as client:
            client.search_experiments(max_results=1)
        yield Finding(NAME, FINE, f"{mlflow.where()} answers")
    except MainlineError as error:
        yield Finding(NAME, WRONG, str(error), ANOTHER_SERVER)
