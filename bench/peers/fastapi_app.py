"""The server that samples show in Python: FastAPI, the standard library's JSON, append. Run by uvicorn as it comes."""

import base64
import json

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

KEEP = 160_000  # bytes, 20 s of one perspective: nobody saves them here

app = FastAPI()


@app.websocket("/")
async def stream(websocket: WebSocket) -> None:
    await websocket.accept()
    tracks = {"Participant": bytearray(), "Conference": bytearray()}
    try:
        while True:
            message = json.loads(await websocket.receive_text())
            if message["event"] == "Media":
                track = tracks[message["perspective"]]
                if len(track) >= KEEP:
                    track.clear()
                track += base64.b64decode(message["media"])
    except WebSocketDisconnect:
        pass
