"""A version on its way to production: what it is, whether it is fit, and how main comes to name it in deploy/."""
