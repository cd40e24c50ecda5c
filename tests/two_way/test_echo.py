"""Audio goes in and comes out as it was, in every format of both vendors."""

from __future__ import annotations

import asyncio
import audioop
from typing import Any

import numpy as np
import pytest

from tests.two_way.clients import FORMATS, AudioCodes, Ringover, open_peer, paced

SECONDS = 3.0


def voice(rate: int) -> np.ndarray[Any, Any]:
    """Something that only fits itself: noise in the telephone's band, swelling and fading."""
    generator = np.random.default_rng(7)
    spectrum = np.fft.rfft(generator.standard_normal(round(SECONDS * rate)))
    frequencies = np.fft.rfftfreq(round(SECONDS * rate), 1 / rate)
    spectrum[(frequencies < 300) | (frequencies > 3000)] = 0
    noise = np.fft.irfft(spectrum)
    swell = 0.2 + np.abs(np.sin(np.arange(len(noise)) / rate * 2 * np.pi * 0.7))
    noise = noise / np.abs(noise).max() * swell / 1.2
    return (noise * 20_000).astype("<i2")


def encoded(samples: np.ndarray[Any, Any], encoding: str) -> bytes:
    return audioop.lin2ulaw(samples.tobytes(), 2) if encoding == "mulaw" else samples.tobytes()


def decoded(audio: bytes, encoding: str) -> np.ndarray[Any, Any]:
    pcm = audioop.ulaw2lin(audio, 2) if encoding == "mulaw" else audio
    return np.frombuffer(pcm, dtype="<i2")


def best_match(sent: np.ndarray[Any, Any], heard: np.ndarray[Any, Any]) -> float:
    """The normalised correlation of the middle of what was sent with the place in `heard` that fits best."""
    piece = sent[len(sent) // 4 : len(sent) * 3 // 4].astype(float)
    whole = heard.astype(float)
    size = 1 << (len(piece) + len(whole)).bit_length()
    products = np.fft.irfft(np.fft.rfft(whole, size) * np.conj(np.fft.rfft(piece, size)), size)
    at = int(np.argmax(products[: max(1, len(whole) - len(piece))]))
    there = whole[at : at + len(piece)]
    return float(piece @ there / (np.linalg.norm(piece) * np.linalg.norm(there)))


@pytest.mark.parametrize("container", ["raw", "wav"])
@pytest.mark.parametrize("format", FORMATS)
async def test_audiocodes_hears_itself(make_profile: Any, echo: str, api: Any, container: str, format: str) -> None:
    profile = make_profile("audiocodes", bot=echo, secret="s3cret")
    encoding, rate = FORMATS[format]
    sent = voice(rate)
    async with open_peer(AudioCodes, profile["socket"], "s3cret") as platform:
        await platform.initiate(f"echo-{container}-{format}", [f"{container}/{format}"])
        assert platform.media_format == f"{container}/{format}"
        await platform.start()
        await platform.open_stream()
        width = 2 if encoding == "l16" else 1
        head = wav_header(encoding, rate) if container == "wav" else b""
        await paced(platform.chunk, head + encoded(sent, encoding), bytes_a_second=rate * width)
        await asyncio.sleep(1.5)
        await platform.say("userStream.stop")
        await platform.say("session.end", reasonCode="client-disconnected", reason="")
        heard = platform.played()
        if container == "wav":
            heard = b"".join(part[44:] if part[:4] == b"RIFF" else part for part in split_wav(heard))
        starts = [message for _, message in platform.inbox if message["type"] == "playStream.start"]
        assert {start["mediaFormat"] for start in starts} == {f"{container}/{format}"}
    assert best_match(sent, decoded(heard, encoding)) >= 0.95
    assert api.wait_for(f"echo-{container}-{format}", lambda call: call["state"] == "ended")


def wav_header(encoding: str, rate: int) -> bytes:
    width, tag = (2, 1) if encoding == "l16" else (1, 7)
    return b"".join(
        (
            b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00",
            tag.to_bytes(2, "little"),
            b"\x01\x00",
            rate.to_bytes(4, "little"),
            (rate * width).to_bytes(4, "little"),
            width.to_bytes(2, "little"),
            (width * 8).to_bytes(2, "little"),
            b"data\xff\xff\xff\xff",
        )
    )


def split_wav(audio: bytes) -> list[bytes]:
    """What several play streams carried, each with its own header."""
    parts = audio.split(b"RIFF")
    return [parts[0], *(b"RIFF" + part for part in parts[1:])]


@pytest.mark.parametrize("rate", [8000, 16000, 24000])
async def test_ringover_hears_itself(make_profile: Any, echo: str, rate: int) -> None:
    profile = make_profile("ringover", bot=echo, options={"sampleRate": rate})
    sent = voice(rate)
    async with open_peer(Ringover, profile["socket"]) as server:
        await server.send({"uuid": f"echo-{rate}", "from": "33123456700"})
        await paced(server.socket.send, sent.tobytes(), bytes_a_second=rate * 2)
        await asyncio.sleep(1.5)
        rates = {message["data"]["sampleRate"] for _, message in server.inbox if message.get("type") == "streamAudio"}
        assert rates == {rate}
    assert best_match(sent, decoded(server.played(), "l16")) >= 0.95
