"""What was predicted and what turned out, kept in files; labels find their predictions."""
