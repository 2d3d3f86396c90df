"""The stages of dvc.yaml, one module each: `run` reads files, and writes files."""
