"""Bytes of audio in and out: G.711, the spool's records, mixing, WAV. Pure functions: no files, no sockets, no clock."""
