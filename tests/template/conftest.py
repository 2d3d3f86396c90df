"""How a project is made from this template, by each way."""
