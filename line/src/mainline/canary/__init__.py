"""The canary: while traffic is split between two versions, is the new one worse, and may it go on?"""
