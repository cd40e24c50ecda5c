"""libespeak-ng by ctypes. Only ever loaded in worker processes: it is GPL, keeps one state a process, and is C.

The calls and structures are those of `espeak-ng/speak_lib.h`, API revision 12.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator

import espeakng_loader

from calls.tts.espeak.voices import Listed, Voices

SYNCHRONOUS = 2  # espeak_AUDIO_OUTPUT: speak in the calling thread, give the sound to a callback
DONT_EXIT = 0x8000
UTF8 = 1
RATE_PARAMETER = 1  # words a minute
PIECE_MS = 60
SAMPLE_RATE = 22_050


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Library:
    """Raises RuntimeError where the library does not start."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        data = espeakng_loader.get_data_path().encode()
        rate = self._library.espeak_Initialize(SYNCHRONOUS, PIECE_MS, data, DONT_EXIT)
        if rate != SAMPLE_RATE:
            raise RuntimeError(f"espeak-ng did not start with its data in {data.decode()} (answer {rate})")
        self.voices = Voices(self._list(None), self._list(b"variant"))

    def _list(self, language: bytes | None) -> Iterator[Listed]:
        wanted = None
        if language is not None:
            tag = ctypes.create_string_buffer(language)
            wanted = ctypes.byref(_Voice(languages=ctypes.cast(tag, ctypes.POINTER(ctypes.c_char))))
        for pointer in self._library.espeak_ListVoices(wanted):
            if not pointer:
                return
            voice = pointer.contents
            yield Listed(voice.name.decode(), voice.identifier.decode(), tuple(_tags(voice.languages)))

    def speak(self, text: str, voice: str, words_per_minute: int, take: Callable[[bytes], None]) -> None:
        """Gives `take` PCM until all is spoken. `take` must not raise. Raises RuntimeError."""
        if status := self._library.espeak_SetVoiceByName(voice.encode()):
            raise RuntimeError(f"espeak-ng can't load the voice {voice} (answer {status})")
        self._library.espeak_SetParameter(RATE_PARAMETER, words_per_minute, 0)

        def on_sound(samples: ctypes._Pointer[ctypes.c_short], count: int, events: int) -> int:
            if samples and count:
                take(ctypes.string_at(samples, 2 * count))
            return 0

        callback = _Callback(on_sound)
        self._library.espeak_SetSynthCallback(callback)
        data = text.encode()
        if status := self._library.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 0, 0, UTF8, None, None):
            raise RuntimeError(f"espeak-ng can't speak the text (answer {status})")


def _tags(languages: ctypes._Pointer[ctypes.c_char]) -> Iterator[tuple[str, int]]:
    """The list is a rank (one byte) and a tag (up to a NUL), again and again, up to a rank of 0."""
    at = 0
    while rank := languages[at][0]:
        tag = bytearray()
        while (char := languages[(at := at + 1)]) != b"\0":
            tag += char
        yield tag.decode().lower(), rank
        at += 1
