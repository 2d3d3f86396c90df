"""One door to each outside tool: git, DVC, MLflow, GitHub, the container engine, storage, processes."""
