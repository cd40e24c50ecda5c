"""Menus: a readable document, what is wrong with it, and the machine that follows it. No I/O, no clock."""
