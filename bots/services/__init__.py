"""Writes that span rows: bots and their versions, and what a bot remembers of a call."""
