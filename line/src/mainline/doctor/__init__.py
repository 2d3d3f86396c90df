"""`mainline doctor`: can this machine and this project do what the line asks of them, and if not, what mends it?"""
