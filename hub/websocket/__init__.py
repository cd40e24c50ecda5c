"""The hub's WebSocket engine: a protocol class for uvicorn (`ws="hub.websocket:WebSocketProtocol"`).

Media arrives as hundreds of small frames a second and call, so what a frame costs decides how many calls a core holds.
uvicorn's own engines spend most of it in general-purpose parsers and queues; this one has a short straight path for the
ordinary case (a whole, masked text frame) and the full RFC 6455 beside it.
"""

from hub.websocket.protocol import WebSocketProtocol

__all__ = ["WebSocketProtocol"]
