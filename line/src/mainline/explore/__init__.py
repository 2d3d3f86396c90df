"""What the table holds, for people: a page of its train and dev rows, one row through every stage, careful rules."""
