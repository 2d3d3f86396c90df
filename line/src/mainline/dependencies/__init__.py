"""`mainline add`, `mainline remove`: the packages of one's own model, in every list that has to know of them."""
