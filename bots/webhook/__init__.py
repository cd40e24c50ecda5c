"""A bot whose decisions are made elsewhere: each turn is POSTed, and the answer says what to do. See docs/bots.md."""
