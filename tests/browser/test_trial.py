"""The AudioCodes test page against the hub itself: every message, and audio there and back."""

from __future__ import annotations

import audioop
import io
import json
import math
import re
import struct
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.chromium import ARGUMENTS, CHROMIUM, sign_in
from tests.browser.conftest import PASSWORD, Hub
from tests.browser.looks import WIDE, look_at_both
from tests.ingest.conftest import wait_until

FORMATS = [
    f"{container}/{codec}" for container in ("raw", "wav") for codec in ("mulaw", "lpcm16", "lpcm16_8", "lpcm16_24")
]
MENU = """nodes:
  main:
    say: Sales or support?
    listen: 60
    choices:
      sales: {key: 1, go: queue}
      support: {key: 2, go: bye}
  queue:
    say: One moment.
    transfer: +1 202 555 0101
  bye:
    say: Goodbye.
    hangup: true
"""
SEED = """
import json
from bots.models import Bot
from bots.services.bots import save_bot
from calls.models import StreamingProfile, User
from calls.services.accounts import create_api_key
from calls.services.audit import Requester
from calls.services.profiles import save_profile
made = {"key": create_api_key(name="t", owner=User.objects.get(username="admin"), scope="admin")[1]}
for kind, document in (("echo", ""), ("menu", %r)):
    bot = Bot(name=kind, kind=kind, document=document)
    save_bot(bot, by=Requester("t"))
    profile = StreamingProfile(vendor="audiocodes", name=f"Line of {kind}", bot=bot, secret="s3cret", recognizer="off")
    made[kind] = str(save_profile(profile).id)
made["off"] = str(save_profile(StreamingProfile(vendor="audiocodes", name="Off", enabled=False)).id)
print(json.dumps(made))
"""


@contextmanager
def another(browser: Browser, *arguments: str) -> Iterator[Browser]:
    """A browser that was started with other arguments."""
    launched = browser.browser_type.launch(executable_path=CHROMIUM, headless=True, args=[*ARGUMENTS, *arguments])
    try:
        yield launched
    finally:
        launched.close()


@pytest.fixture(scope="module")
def browser(everyday_browser: Browser) -> Iterator[Browser]:
    """With a microphone that beeps once a second, and that nobody is asked for."""
    with another(everyday_browser, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as browser:
        yield browser


@pytest.fixture(scope="module")
def made(hub: Hub) -> dict[str, str]:
    found: dict[str, str] = json.loads(hub.shell(SEED % MENU))
    return found


class Trial:
    def __init__(self, page: Page, hub: Hub, profile: str) -> None:
        self.page = page
        page.goto(f"{hub.url}/profiles/{profile}/test/")
        self.journal = page.get_by_role("list", name="Messages")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def rows(self, direction: str) -> Locator:
        return self.journal.locator(f".message.{direction}")

    def expect(self, direction: str, text: str) -> None:
        expect(self.rows(direction).filter(has_text=text).first).to_be_attached()

    def state(self, text: str) -> None:
        expect(self.page.locator('[data-part="state"]')).to_have_text(re.compile(f"^{re.escape(text)}"))

    def choose(self, source: str) -> None:
        self.page.get_by_role("radio", name=source).check()

    def settings(self) -> None:
        self.page.get_by_text("The session", exact=True).click()

    def seconds(self, part: str) -> float:
        """Of audio that went there (`sent`) or came (`heard`)."""
        return float(self.page.locator(f'[data-part="{part}"]').inner_text().split(" s")[0])

    def reaches(self, part: str, seconds: float) -> None:
        deadline = time.monotonic() + 30
        while self.seconds(part) < seconds:
            assert time.monotonic() < deadline, self.journal.inner_text()
            self.page.wait_for_timeout(100)

    def call_id(self) -> str:
        link = self.page.get_by_role("link", name="The call's page")
        expect(link).to_be_visible()
        return str(link.get_attribute("href")).split("/")[2]


@pytest.fixture
def trial(hub: Hub, admin_page: Page, made: dict[str, str]) -> Trial:
    return Trial(admin_page, hub, made["echo"])


def recording(hub: Hub, made: dict[str, str], call: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], int]:
    """What the bot and the caller said, and the rate, once the hub has finished it."""
    with httpx2.Client(base_url=hub.url, headers={"Authorization": f"Bearer {made['key']}"}) as client:
        deadline = time.monotonic() + 60
        while (answer := client.get(f"/api/v1/calls/{call}/recording/")).status_code == 409:
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.3)
    with wave.open(io.BytesIO(answer.content)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
        return samples[:, 0], samples[:, 1], file.getframerate()


def pitch(samples: np.ndarray[Any, Any], rate: int) -> float:
    """The loudest frequency, and that there is hardly anything else."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    at = int(np.argmax(spectrum))
    assert spectrum[max(0, at - 5) : at + 6].sum() > 0.9 * spectrum.sum()  # a busy machine drops a piece
    return at * rate / len(samples)


def loud_part(samples: np.ndarray[Any, Any], rate: int) -> np.ndarray[Any, Any]:
    """Half a second from the middle of what is not silence."""
    heard = np.flatnonzero(np.abs(samples) > 1000)
    middle = int(heard[len(heard) // 2])
    return samples[middle - rate // 4 : middle + rate // 4]


def test_the_microphone_comes_back_from_an_echo(hub, trial, made):
    expect(trial.page.get_by_text("answered by echo")).to_be_visible()
    trial.press("Call")
    trial.state("In a call: raw/lpcm16")
    trial.reaches("sent", 3)
    trial.reaches("heard", 2)
    loudest = trial.page.evaluate(
        """async () => {
          const loudest = { sent: 0, heard: 0 };
          for (let n = 0; n < 60; n += 1) {
            for (const name of ["sent", "heard"]) {
              loudest[name] = Math.max(loudest[name], document.querySelector(`[data-part="${name}-level"]`).value);
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          return loudest;
        }"""
    )
    assert loudest["sent"] > 0.5 and loudest["heard"] > 0.5, loudest
    expect(trial.rows("out").filter(has_text="userStream.chunk")).to_have_count(1)
    call = trial.call_id()
    trial.press("Hang up")
    trial.state("The call has ended")
    trial.expect("told", "The connection is closed: 1000")
    bot, caller, rate = recording(hub, made, call)
    beeps, echoes = (np.abs(track.astype(int)) > 2000 for track in (caller, bot))
    assert beeps.sum() > rate / 10 and echoes.sum() > rate / 10
    delay = int(np.argmax(echoes)) - int(np.argmax(beeps))
    assert 0 < delay < 2 * rate
    trial.page.get_by_role("link", name="The call's page").click()
    expect(trial.page).to_have_url(f"{hub.url}/calls/{call}/")
    expect(trial.page.get_by_text("+12025550123").first).to_be_visible()


@pytest.mark.parametrize("format", FORMATS)
def test_a_tone_arrives_in_every_format(hub, trial, made, format):
    trial.settings()
    trial.page.get_by_label("Media format").select_option(format)
    trial.choose("a tone")
    trial.press("Call")
    trial.state(f"In a call: {format}")
    trial.reaches("heard", 1.5)
    call = trial.call_id()
    trial.press("Hang up")
    trial.state("The call has ended")
    bot, caller, rate = recording(hub, made, call)
    for track in (bot, caller):
        assert pitch(loud_part(track, rate), rate) == pytest.approx(440, abs=3)


def test_a_file_is_sent_instead(hub, trial, made, tmp_path):
    rate = 22_050
    samples = [round(12_000 * math.sin(2 * math.pi * 600 * n / rate)) for n in range(2 * rate)]
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    trial.choose("a WAV file")
    trial.press("Call")
    expect(trial.page.get_by_role("alert")).to_have_text(re.compile("Choose a WAV file first."))
    trial.page.get_by_label("File to send").set_input_files(tmp_path / "tone.wav")
    trial.press("Call")
    trial.expect("told", "“tone.wav” is at its end; silence follows.")
    trial.reaches("sent", 2.5)
    call = trial.call_id()
    trial.press("Hang up")
    _, caller, rate = recording(hub, made, call)
    assert pitch(loud_part(caller, rate), rate) == pytest.approx(600, abs=3)


def test_a_file_that_is_no_audio(trial, tmp_path):
    (tmp_path / "notes.wav").write_text("no audio")
    trial.choose("a WAV file")
    trial.page.get_by_label("File to send").set_input_files(tmp_path / "notes.wav")
    trial.press("Call")
    expect(trial.page.get_by_role("alert")).to_contain_text("“notes.wav” can't be read as audio. Choose a WAV file.")
    trial.state("Not connected")


def test_every_button_is_answered(trial):
    page = trial.page
    trial.press("HTTP probe")
    trial.expect("told", '200 {"type": "ac-bot-api", "success": true}')
    trial.press("connection.validate")
    trial.expect("in", "connection.validated")
    trial.press("Connect")
    trial.state("Connected")
    trial.press("session.initiate")
    trial.expect("in", "session.accepted")
    trial.expect("in", "config")
    trial.press("start")
    trial.expect("out", "callerHost")
    trial.choose("nothing")
    trial.press("userStream.start")
    trial.expect("in", "userStream.started")
    assert trial.seconds("sent") == 0
    for _ in range(40):
        trial.press("userStream.chunk")
    trial.expect("out", "40 ×")
    trial.expect("in", "playStream.start")
    trial.expect("in", "playStream.chunk")
    trial.press("userStream.stop")
    trial.expect("in", "userStream.stopped")
    for key in ("7", "pound"):
        trial.press(key)
    trial.expect("out", "DTMF “7”")
    trial.expect("out", "DTMF “#”")
    page.get_by_role("group", name="Keypad").get_by_role("button", name="5").focus()
    page.keyboard.press("*")
    trial.expect("out", "DTMF “*”")
    page.get_by_label("In text").fill("hello there")
    page.keyboard.press("Enter")
    trial.expect("out", "message “hello there”")
    for event in ("noUserInput", "transferStatus, answered", "transferStatus, failed", "playFinished", "playUrlFailed"):
        page.get_by_label("Event", exact=True).select_option(label=event)
        trial.press("Send the event")
        trial.expect("out", event.split(",")[0])
    page.get_by_text("Any message").click()
    page.get_by_label("JSON").fill("{")
    trial.press("Send it as it is")
    expect(page.get_by_role("alert")).to_contain_text("This is no JSON")
    page.get_by_label("JSON").fill('{"type": "from.nowhere", "colour": "red"}')
    trial.press("Send it as it is")
    trial.expect("out", "from.nowhere")
    trial.press("Cut the line")
    trial.state("The line is lost")
    trial.press("session.resume")
    trial.state("In a call")
    expect(trial.rows("in").filter(has_text="session.accepted")).to_have_count(2)
    page.get_by_label("Reason of the end").select_option("busy")
    trial.press("session.end")
    trial.expect("out", "session.endbusy")
    trial.state("The call has ended")
    trial.expect("told", "The connection is closed: 1000")


def test_a_call_goes_on_over_a_new_connection(hub, trial, made):
    trial.choose("a tone")
    trial.press("Call")
    trial.reaches("heard", 1)
    call = trial.call_id()
    trial.press("Cut the line")
    trial.state("The line is lost")
    trial.press("session.resume")
    trial.state("In a call")
    expect(trial.rows("in").filter(has_text="userStream.started")).to_have_count(2)
    before = trial.seconds("heard")
    trial.reaches("heard", before + 1)
    trial.press("Hang up")
    trial.state("The call has ended")
    headers = {"Authorization": f"Bearer {made['key']}"}
    stored = httpx2.get(f"{hub.url}/api/v1/calls/{call}/", headers=headers).json()
    assert len(stored["streams"]) == 2


def test_a_menu_by_keys_is_transferred(hub, admin_page, made):
    trial = Trial(admin_page, hub, made["menu"])
    trial.choose("silence")
    trial.press("Call")
    trial.expect("in", "“Sales or support?”")
    trial.press("1")
    trial.expect("in", 'transfer {"transferTarget":"tel:+12025550101"}')
    trial.expect("out", 'transferStatus {"status":"answered"}')
    trial.expect("out", "session.endtransferred")
    trial.state("The call has ended")


def test_text_mode_without_audio(hub, admin_page, made):
    trial = Trial(admin_page, hub, made["menu"])
    trial.settings()
    trial.page.get_by_label("Text mode").check()
    trial.page.get_by_label("Answer as AudioCodes does").uncheck()
    trial.press("Call")
    trial.state("In a call: text")
    trial.expect("in", "message “Sales or support?”")
    trial.press("Send the event")  # noUserInput
    trial.expect("in", "message “I did not hear anything.”")
    trial.page.get_by_label("In text").fill("support please")
    trial.press("Send the text")
    trial.expect("in", "message “Goodbye.”")
    trial.expect("in", "hangup")
    expect(trial.rows("out").filter(has_text="session.end")).to_have_count(0)
    expect(trial.rows("out").filter(has_text="userStream")).to_have_count(0)
    trial.expect("told", "The connection is closed")  # the hub waited for the end, then closed by itself


def test_the_journal_shows_details_and_no_audio(trial):
    trial.choose("silence")
    trial.press("Call")
    trial.reaches("heard", 1)
    trial.press("Hang up")
    trial.state("The call has ended")
    row = trial.rows("out").filter(has_text="session.initiate")
    row.locator("summary").click()
    expect(row.locator("pre")).to_contain_text('"supportedMediaFormats": [')
    chunks = trial.rows("out").filter(has_text="userStream.chunk")
    chunks.locator("summary").focus()
    trial.page.keyboard.press("Enter")
    expect(chunks.locator("pre")).to_contain_text("640 bytes")
    expect(chunks.locator("pre")).to_contain_text('"audioChunk": "…"')
    with trial.page.expect_download() as download:
        trial.press("Download")
    lines = [json.loads(line) for line in Path(download.value.path()).read_text().splitlines()]
    assert {line["direction"] for line in lines} == {"in", "out", "told"}

    def clear() -> bool:
        trial.press("Clear")
        return trial.journal.locator("li").count() == 0

    wait_until(clear, 5)  # a last message may come right after


@pytest.mark.provokes(401)
def test_a_profile_that_is_off_says_so(hub, admin_page, made):
    trial = Trial(admin_page, hub, made["off"])
    expect(trial.page.get_by_text("The profile is switched off")).to_be_visible()
    trial.choose("silence")
    trial.press("Call")
    expect(trial.page.get_by_role("alert")).to_contain_text("Is the profile switched on?")


@pytest.mark.provokes(401)
def test_a_session_that_is_over_says_so(trial):
    trial.page.context.clear_cookies()
    trial.choose("silence")
    trial.press("Call")
    expect(trial.page.get_by_role("alert")).to_contain_text("Your session has ended.")


def test_a_microphone_that_is_refused(hub, made, browser, complaints):
    with another(browser, "--use-fake-device-for-media-stream") as strict:  # where nobody answers, it is a no
        context = strict.new_context()
        sign_in(context, hub.url, "admin", PASSWORD)
        trial = Trial(complaints.watch(context.new_page()), hub, made["echo"])
        trial.press("Call")
        expect(trial.page.get_by_role("alert")).to_contain_text("The browser refused the microphone.")
        trial.state("Not connected")
        trial.choose("silence")
        trial.press("Call")
        trial.state("In a call")


def test_over_plain_http_there_is_no_sound_and_it_says_why(browser):
    faults = []
    with (
        Hub(environment={"HUB_ALLOWED_HOSTS": "127.0.0.1,hub.example"}) as hub,
        another(browser, "--host-resolver-rules=MAP hub.example 127.0.0.1") as elsewhere,
    ):
        profile = json.loads(hub.shell(SEED % MENU))["menu"]
        hub.url = hub.url.replace("127.0.0.1", "hub.example")
        page = elsewhere.new_page()
        page.on("pageerror", lambda error: faults.append(error))
        page.goto(f"{hub.url}/login/")
        page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Live calls")).to_be_visible()
        trial = Trial(page, hub, profile)
        expect(page.get_by_text("Open the hub by https for that.")).to_be_visible()
        expect(page.get_by_role("radio", name="the microphone")).to_be_disabled()
        trial.press("Call")
        trial.expect("in", "“Sales or support?”")
        trial.reaches("heard", 0.5)
        trial.press("userStream.chunk")
        trial.press("2")
        trial.expect("in", "“Goodbye.”")
        trial.state("The call has ended")
    assert faults == []


def test_the_page_is_for_everybody(hub, page_of, made):
    trial = Trial(page_of("admin", **WIDE), hub, made["menu"])
    trial.choose("silence")
    trial.press("Call")
    trial.expect("in", "playStream.stop")
    for fold in trial.page.locator("details").all():
        fold.evaluate("fold => (fold.open = true)")
    trial.page.evaluate("scrollTo(0, 0)")  # the header that stays covers what is scrolled below it
    look_at_both(trial.page, "a call")
    trial.press("Hang up")
    trial.state("The call has ended")
    look_at_both(trial.page, "after it")


def expanded(mulaw: bytes) -> np.ndarray[Any, Any]:
    return np.frombuffer(audioop.ulaw2lin(mulaw, 2), "<i2").astype(int)


class TestSound:
    """The scripts' own arithmetic, beside Python's."""

    def run(self, trial: Trial, code: str, value: object = None) -> Any:
        imports = """
          const formats = await import("/static/js/audio/formats.js");
          const { Resampler } = await import("/static/js/audio/resampler.js");
        """
        return trial.page.evaluate(f"async (value) => {{ {imports} {code} }}", value)

    def test_mulaw_is_g711(self, trial):
        samples = list(range(-32_768, 32_768, 7))
        encoded = bytes(self.run(trial, "return [...formats.encode(value.map((s) => s / 32767), {width: 1})]", samples))
        theirs = audioop.lin2ulaw(struct.pack(f"<{len(samples)}h", *samples), 2)
        off, allowed = (np.abs(expanded(text) - np.array(samples)) for text in (encoded, theirs))
        assert (off <= allowed + 4).all()  # audioop drops two bits first: between two steps it may choose the other
        decoded = self.run(trial, "return [...formats.decode(Uint8Array.from(value), {width: 1})]", list(range(256)))
        assert [round(sample * 32_768) for sample in decoded] == expanded(bytes(range(256))).tolist()

    def test_a_header_is_one_that_others_read(self, trial):
        code = "return [...formats.wavHeader({rate: 24000, width: 2, tag: 1})]"
        head = bytes(self.run(trial, code))
        assert len(head) == 44
        with wave.open(io.BytesIO(head)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (24_000, 2, 1)
        code = "return [...formats.withoutHeader(Uint8Array.from(value))]"
        assert self.run(trial, code, [*head, 1, 2, 3]) == [1, 2, 3]
        assert self.run(trial, code, [1, 2, 3]) == [1, 2, 3]

    @pytest.mark.parametrize(("rate", "other"), [(48_000, 8000), (44_100, 16_000), (8000, 48_000), (24_000, 44_100)])
    def test_resampling_keeps_a_tone_and_drops_what_does_not_fit(self, trial, rate, other):
        code = """
          const [rate, other, frequency] = value;
          const resampler = new Resampler(rate, other);
          const output = [];
          for (let at = 0; at < rate; at += 480) {
            const piece = Float32Array.from({ length: 480 }, (_, n) => Math.sin((2 * Math.PI * frequency * (at + n)) / rate));
            output.push(...resampler.process(piece));
          }
          return output;
        """
        kept = np.array(self.run(trial, code, [rate, other, 1000]))
        assert abs(len(kept) - math.ceil(rate / 480) * 480 * other / rate) < 200
        middle = kept[other // 4 : other * 3 // 4]
        assert pitch(middle, other) == pytest.approx(1000, abs=3)
        assert np.sqrt(np.mean(middle**2)) == pytest.approx(math.sqrt(0.5), rel=0.01)
        if other < rate:
            folded = np.array(self.run(trial, code, [rate, other, other * 0.8]))[other // 4 : other * 3 // 4]
            assert np.sqrt(np.mean(folded**2)) < 0.01
