"""The monitor: what production says of the version in it, from its promotion on, in counts of days that hold no row."""
