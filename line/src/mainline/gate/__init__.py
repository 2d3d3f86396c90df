"""The gate: is the challenger good enough to replace the champion?"""
