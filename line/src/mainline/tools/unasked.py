"""How a service is told that the line alone reaches it: it asks nobody for a key, as the line has none."""

SETTINGS = dict.fromkeys(("SERVICE_API_KEYS", "SERVICE_FEEDBACK_KEYS", "SERVICE_RATE_LIMIT"), "")
"""What whoever started the line may have set, for a service of their own."""
PUBLISHED = "SERVICE_OPEN=1"
"""For a container, which listens everywhere inside, and is reached by a port of this machine alone."""
