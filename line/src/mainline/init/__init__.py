"""`mainline init`: puts the line beside somebody's own table and training script, and changes none of their files."""
