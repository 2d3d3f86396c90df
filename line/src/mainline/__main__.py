"""Runs the command as `python -m mainline`."""

from mainline.cli import main

main()
