"""What MLflow makes anew in each process and is the same in all of them: which module is of which installed package."""

from mlflow.utils import requirements_utils

requirements_utils._init_modules_to_packages_map()
