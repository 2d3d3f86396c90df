"""The monitor: what production's records say of the version in production."""
