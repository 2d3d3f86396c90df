"""From bytes to a table: one meaning of a cell at every door."""
