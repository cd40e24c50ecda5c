"""The worker process: `python -m calls.tts.espeak.worker FD`.

How it works: it loads espeak-ng once and waits. For each utterance the hub sends one end of a connection over FD, and
the worker forks: the child, where espeak-ng is already in memory, reads the request, writes the speech and ends. So
utterances run side by side, none waits for another, and what crashes or hangs is one utterance. A child waits for the
hub to read, which bounds the memory; it ends when the hub closes the connection, and kills itself when espeak-ng takes
longer than `HANG_SECONDS` over a piece. The worker itself ends when the hub does, because FD is then closed.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

from calls.tts.espeak import wire

if TYPE_CHECKING:
    from calls.tts.espeak.library import Library

HANG_SECONDS = 5.0  # for the 60 ms of a piece, which take less than one


def receive_exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


class Utterance:
    """In the child. Any failure to write means that the hub wants no more."""

    def __init__(self, connection: socket.socket, library: Library) -> None:
        self._connection, self._library = connection, library

    def run(self) -> NoReturn:
        try:
            self._write(wire.HELLO)
            [size] = wire.LENGTH.unpack(receive_exactly(self._connection, wire.LENGTH.size))
            request = wire.decode_request(receive_exactly(self._connection, size))
            signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)  # SIGALRM ends the process, in C code too
            voice = self._library.voices.find(request.language, request.voice)
            self._library.speak(request.text, voice, request.words_per_minute, self._take)
            self._write(wire.pack_piece(b""))
        except Exception as error:
            self._write(wire.pack_error(str(error) or repr(error)))
        finally:
            os._exit(0)

    def _take(self, pcm: bytes) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._write(wire.pack_piece(pcm))
        signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)

    def _write(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError:
            os._exit(0)


def main() -> None:
    # Ctrl-C and a service manager's TERM reach the whole group: the hub decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave no zombies
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        from calls.tts.espeak.library import Library

        library = Library()
    except (ImportError, OSError, RuntimeError) as error:
        control.sendall(str(error).encode())
        return
    gc.freeze()  # children share the pages
    control.sendall(wire.READY)
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            return
        for fd in fds:
            with socket.socket(fileno=fd) as connection:
                serve(control, connection, library)


def serve(control: socket.socket, connection: socket.socket, library: Library) -> None:
    try:
        child = os.fork()
    except OSError:
        return  # no more processes: the hub sees the connection end
    if child == 0:
        control.close()
        Utterance(connection, library).run()


if __name__ == "__main__":
    main()
