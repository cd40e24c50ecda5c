"""Makes a two-sided telephone call out of a text: `python calls/samples/synthesize.py TURNS DIRECTORY`.

TURNS has one line a turn, `agent: …` or `customer: …`, or `pause: 6.5` for so many seconds of silence.
Into DIRECTORY go `agent.wav` and `customer.wav`, of one length and on one timeline (8 kHz, 16-bit PCM, mono; silence
while the other speaks), and `transcript.json`, the true text with its times; a side that says nothing has no file. The
same text gives the same files. `caller.wav`, who talks to the demo's bots, is the customer of `caller.txt`.

Needs the commands `flite` and `sox` (Debian: `apt install flite sox`). Both voices are flite's `rms`; the customer's is
made higher and its throat shorter. Both go through the telephone's band, 300 to 3400 Hz.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

RATE = 8000
LEAD_SECONDS, PAUSE_SECONDS, TAIL_SECONDS = 1.0, 0.7, 1.5
VOICES: dict[str, list[str]] = {"agent": [], "customer": ["speed", "1.12", "tempo", "-s", "0.9"]}
PAUSE = "pause"
PHONE_BAND = ["sinc", "300-3400", "norm", "-6"]


def read_turns(path: Path) -> list[tuple[str, str]]:
    turns = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        track, colon, text = line.partition(":")
        if not colon or track.strip() not in (*VOICES, PAUSE) or not text.strip():
            raise SystemExit(f"{path}:{number}: a turn looks like `agent: Hello.`, `customer: Hello.` or `pause: 2`")
        turns.append((track.strip(), text.strip()))
    return turns


def speak(track: str, text: str, folder: Path) -> bytes:
    """16-bit PCM at 8 kHz."""
    spoken, phoned = folder / "spoken.wav", folder / "phoned.wav"
    subprocess.run(["flite", "-voice", "rms", "-t", text, "-o", str(spoken)], check=True)
    shape = ["sox", "-D", str(spoken), "-r", str(RATE), "-b", "16", "-c", "1", str(phoned), *VOICES[track], *PHONE_BAND]
    subprocess.run(shape, check=True)
    with wave.open(str(phoned)) as file:
        return file.readframes(file.getnframes())


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def synthesize(turns: list[tuple[str, str]], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    tracks = {track: bytearray(silence(LEAD_SECONDS)) for track in VOICES}
    truth = []
    with tempfile.TemporaryDirectory() as folder:
        for track, text in turns:
            if track == PAUSE:
                for audio in tracks.values():
                    audio += silence(float(text))
                continue
            pcm = speak(track, text, Path(folder))
            start = len(tracks[track]) // 2
            for name, audio in tracks.items():
                audio += (pcm if name == track else bytes(len(pcm))) + silence(PAUSE_SECONDS)
            end = start + len(pcm) // 2
            truth.append({"track": track, "startMs": start * 1000 // RATE, "endMs": end * 1000 // RATE, "text": text})
    for track in {track for track, _ in turns if track != PAUSE}:
        audio = tracks[track]
        with wave.open(str(out / f"{track}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(audio + silence(TAIL_SECONDS))
    (out / "transcript.json").write_text(json.dumps({"turns": truth}, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("turns", type=Path)
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    for command in ("flite", "sox"):
        if shutil.which(command) is None:
            raise SystemExit(f"The command `{command}` is missing. On Debian: apt install flite sox")
    synthesize(read_turns(options.turns), options.directory)


if __name__ == "__main__":
    main()
