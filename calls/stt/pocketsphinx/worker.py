"""A worker process: reads utterances from standard input, decodes them side by side, writes what it hears.

`python -m calls.stt.pocketsphinx.worker DECODERS`, started by `WorkerPool`. It lives as long as its standard input:
when the server goes, however it goes, the pipe closes and the worker exits before its next 100 ms piece.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import NoReturn

from calls.stt.pocketsphinx import tuning
from calls.stt.pocketsphinx.decoding import DecoderPool, Utterance
from calls.stt.pocketsphinx.voice import Voice
from calls.stt.pocketsphinx.wire import (
    Audio,
    Begin,
    Drop,
    End,
    Ended,
    Forget,
    FromWorker,
    Note,
    Prepare,
    Ready,
    ToWorker,
    decode_to_worker,
    pack,
)

NICENESS = 5  # the server's loop comes first


class Pipe:
    """Length-prefixed messages on two file descriptors. The process ends when either is closed."""

    def __init__(self, source: int, sink: int) -> None:
        self._source, self._sink = source, sink
        self._buffer = bytearray()
        self._parent = os.getppid()

    def receive(self, wait: bool) -> list[ToWorker]:
        """What has arrived; waits for the first message if `wait`."""
        while True:
            ready, _, _ = select.select([self._source], [], [], 1.0 if wait else 0)
            if os.getppid() != self._parent:
                leave()
            if ready:
                data = os.read(self._source, 1 << 18)
                if not data:
                    leave()
                self._buffer += data
            messages = list(self._messages())
            if messages or not wait:
                return messages

    def _messages(self) -> list[ToWorker]:
        out, start = [], 0
        while len(self._buffer) >= start + 4:
            end = start + 4 + int.from_bytes(self._buffer[start : start + 4], "big")
            if len(self._buffer) < end:
                break
            out.append(decode_to_worker(bytes(self._buffer[start + 4 : end])))
            start = end
        del self._buffer[:start]
        return out

    def send(self, message: FromWorker) -> None:
        data = memoryview(pack(message))
        try:
            while data:
                data = data[os.write(self._sink, data) :]
        except OSError:
            leave()


def leave() -> NoReturn:
    os._exit(0)


class Worker:
    def __init__(self, pipe: Pipe, decoders: int) -> None:
        self._pipe = pipe
        self._pool = DecoderPool(decoders, pipe.send)
        self._utterances: dict[int, Utterance] = {}
        self._voices: dict[int, Voice] = {}  # by speaker

    def run(self) -> NoReturn:
        self._pool.prepare(0, (), True)
        self._pipe.send(Ready())
        moved = False  # where nothing could, only a message changes that
        while True:
            for message in self._pipe.receive(wait=not moved):
                self._take(message)
            moved = False
            for utterance in list(self._utterances.values()):
                if self._has_work(utterance) and self._step(utterance):
                    moved = True
                    for message in self._pipe.receive(wait=False):
                        self._take(message)

    @staticmethod
    def _has_work(utterance: Utterance) -> bool:
        return bool(utterance.pieces) or utterance.ended

    def _take(self, message: ToWorker) -> None:
        match message:
            case Prepare():
                self._pool.prepare(message.key, message.phrases, message.build)
            case Begin():
                voice = self._voices.setdefault(message.speaker, Voice())
                self._utterances[message.utterance] = Utterance(message, voice, self._pipe.send)
            case Audio():
                if utterance := self._utterances.get(message.utterance):
                    utterance.add(message.pcm)
            case End():
                if utterance := self._utterances.get(message.utterance):
                    utterance.ended = True
            case Forget():
                self._voices.pop(message.speaker, None)
            case Drop():
                if utterance := self._utterances.pop(message.utterance, None):
                    utterance.abandon()
                    self._release(utterance)

    def _step(self, utterance: Utterance) -> bool:
        """One piece of one utterance; False while it has to wait for a decoder. What goes wrong costs that utterance,
        not the process."""
        if utterance.number not in self._utterances:
            return True  # dropped meanwhile
        try:
            if utterance.decoder is None:
                if self._speaks_already(utterance):
                    return False
                decoder = self._pool.take(utterance.key)
                if decoder is None:
                    return False
                utterance.begin(decoder)
            if utterance.step():
                self._release(self._utterances.pop(utterance.number))
        except Exception as error:
            del self._utterances[utterance.number]
            self._pool.discard(utterance.decoder)
            self._pipe.send(Note(f"decoding failed: {error!r}"))
            self._pipe.send(Ended(utterance.number, failed=True))
        return True

    def _speaks_already(self, utterance: Utterance) -> bool:
        """One utterance of a speaker at a time: each starts from what the one before told of the voice, so the same
        audio is heard alike however fast it comes."""
        first = next(other for other in self._utterances.values() if other.speaker == utterance.speaker)
        return first is not utterance

    def _release(self, utterance: Utterance) -> None:
        if utterance.decoder is not None:
            self._pool.give_back(utterance.decoder)


def main() -> NoReturn:
    # Ctrl-C and a service manager's TERM reach the whole group: the server decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.nice(NICENESS)
    sink = os.dup(1)
    os.dup2(2, 1)  # nothing but messages may reach the pipe
    Worker(Pipe(0, sink), int(sys.argv[1]) if len(sys.argv) > 1 else tuning.DECODERS).run()


if __name__ == "__main__":
    main()
