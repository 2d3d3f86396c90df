"""What a person can ask for: one module a verb, each with what it composes."""
