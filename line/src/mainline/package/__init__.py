"""The champion as a Bento: a folder that anyone can serve, and a container made of it."""
