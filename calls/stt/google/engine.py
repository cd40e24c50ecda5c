"""The engine: one client for all tracks of the process."""

from __future__ import annotations

import asyncio

import msgspec
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import GoogleAuthError
from google.cloud.speech_v2 import SpeechAsyncClient

from calls.stt.base import Capabilities, OnEvent, RecognizerTrack, RecognizerUnavailable, TrackConfig, check_format
from calls.stt.capabilities import GOOGLE
from calls.stt.google.messages import config_request
from calls.stt.google.track import GoogleTrack, Limits


class GoogleOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`project`: the Google Cloud project's id. Credentials are found as Google's libraries always do.

    Ages in seconds of a stream: past the soft one it is replaced at the next final, at the hard one anyway.
    """

    project: str = ""
    location: str = "global"
    model: str = "telephony"
    soft_age_seconds: float = 240.0
    hard_age_seconds: float = 285.0
    keep_seconds: float = 20.0
    finish_seconds: float = 8.0


class GoogleRecognizer:
    name = "google"
    capabilities: Capabilities = GOOGLE

    def __init__(self, options: GoogleOptions, client: SpeechAsyncClient | None = None) -> None:
        self._options, self._client = options, client
        self._tracks: set[GoogleTrack] = set()
        self.limits = Limits(
            options.soft_age_seconds, options.hard_age_seconds, options.keep_seconds, options.finish_seconds
        )

    async def start(self) -> None:
        options = self._options
        if not options.project:
            raise RecognizerUnavailable(
                "Google Cloud Speech needs the option `project`, the id of a Google Cloud project with the "
                "Speech-to-Text API enabled."
            )
        if self._client is None:
            host = (
                "speech.googleapis.com" if options.location == "global" else f"{options.location}-speech.googleapis.com"
            )
            try:
                self._client = SpeechAsyncClient(client_options=ClientOptions(api_endpoint=host))
            except GoogleAuthError as error:
                raise RecognizerUnavailable(
                    f"Google Cloud Speech found no credentials ({error}). Point GOOGLE_APPLICATION_CREDENTIALS to a "
                    "service account's key file, or run `gcloud auth application-default login`."
                ) from error

    def open_track(self, config: TrackConfig, on_event: OnEvent) -> RecognizerTrack:
        check_format(self.capabilities, config)
        if self._client is None:
            raise RecognizerUnavailable("Google Cloud Speech was not started.")
        recognizer = f"projects/{self._options.project}/locations/{self._options.location}/recognizers/_"
        first = config_request(recognizer, self._options.model, config)
        track = GoogleTrack(self._client, first, config, on_event, self.limits)
        self._tracks.add(track)
        track.task.add_done_callback(lambda _: self._tracks.discard(track))
        return track

    async def close(self) -> None:
        tasks = [track.task for track in self._tracks]
        for track in list(self._tracks):
            track.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.transport.close()
            self._client = None
