"""Google Cloud Speech-to-Text v2, through Google's own asyncio client: one gRPC stream a track.

Google ends a stream after five minutes and refuses requests over 25 KB; see `track` for how a long call rolls over.
"""
