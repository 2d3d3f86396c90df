"""HTTP: bodies in, rows and tables out of them, answers out."""
