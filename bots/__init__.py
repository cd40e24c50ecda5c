"""Participants that answer calls. Built on `calls`, which never imports this package."""
