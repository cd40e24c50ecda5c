"""A live stream in this process: protocol, timeline and participants. Knows no transport: a consumer, a test or another
servicer feeds it."""
