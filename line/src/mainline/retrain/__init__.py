"""Training again by a robot: when, on what, and what becomes of it.

due       whether there is a reason, and what it waits for: pure
attempt   the champion's tree beside the person's, with the source read again and production's rows in it
signs     what monitor and ledger say
branch    mainline/retrain-DATE: which are open, and how one is made, whole or not at all
words     a retraining as a pull request tells it
issue     the same as an issue, where mode is propose
settle    what becomes of open ones
"""
