"""How the model is delivered: the line from a push to production.

It meets `pipeline` and `service` at files and over HTTP, never by import.
"""
