"""One machine that serves: the router before two slots, and what runs in them."""
