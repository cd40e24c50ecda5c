// The least that a RingCX server does: parse, decode, append. Usage: node server.js PORT
"use strict";

const { WebSocketServer } = require("ws");

const KEEP = 1000; // frames, 20 s of one perspective: nobody saves them here

new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]) }).on("connection", (socket) => {
  const tracks = { Participant: [], Conference: [] };
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.event === "Media") {
      const track = tracks[message.perspective];
      if (track.length === KEEP) track.length = 0;
      track.push(Buffer.from(message.media, "base64"));
    }
  });
});
