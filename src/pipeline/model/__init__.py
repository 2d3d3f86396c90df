"""The model: how it is made, saved, asked and measured."""
