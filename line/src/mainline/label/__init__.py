"""Labels that people give: their files in labels/, and how they come in and go out."""
