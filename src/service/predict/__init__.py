"""The model at work, and what lies outside of what it knows."""
