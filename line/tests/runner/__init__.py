"""A small GitHub for the tests of the workflows: it runs their own `run:` steps, and stands in for what GitHub does."""
