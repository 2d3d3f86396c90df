"""Brings a project up to another version of the line: its wheel, and the files of the line's that stand in it.

It runs before any package is installed, so it stands on Python and git alone; and what runs is the new line's code, so
that a project is never held by a fault of the line that it has.
"""
