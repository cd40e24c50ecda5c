"""The built-in engine: PocketSphinx with its US English model, decoding in worker processes.

    feed → Endpointer (server process) → utterances → WorkerPool → worker process → Decoding → events, in order

The decoder holds Python's global lock while it works, so it never runs in the server process.
"""
