"""`manage.py simulate` against hubs that behave, and hubs that don't."""

import audioop
import http
import re
import struct
import threading
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from calls import simulating
from calls.events import AudioFormat, AudioFrame, Send, StreamStarted
from calls.vendors import VENDORS
from calls.vendors.wav import encode, read_wav
from tests.vendors import line
from tests.vendors.test_wav import pcm, wav


@pytest.fixture(params=VENDORS)
def vendor(request):
    return request.param


# What only this vendor does.
RINGCX = pytest.mark.parametrize("vendor", ["ringcx"], indirect=True)


@pytest.fixture
def audio(tmp_path):
    for name, sign in (("agent", 1), ("customer", -1)):
        (tmp_path / f"{name}.wav").write_bytes(wav(pcm(*[sign * 1000] * 4000)))
    return [str(tmp_path / "agent.wav"), str(tmp_path / "customer.wav")]


@pytest.fixture
def run(vendor, audio, monkeypatch, capsys):
    """Runs the command and returns its lines; `fault` is what it must find wrong."""
    monkeypatch.setattr(simulating, "RETRY_SECONDS", 0.01)

    def run(url, *arguments, fault=None):
        command = ["simulate", vendor, "--url", url, "--speed", "10", *arguments]
        if "--audio" not in arguments:
            command += ["--audio", *audio]
        if fault is None:
            call_command(*command)
        else:
            with pytest.raises(CommandError, match="went wrong"):
                call_command(*command)
        output = capsys.readouterr()
        assert (fault or "") in output.err
        return output.out.splitlines()

    return run


@contextmanager
def hub(behave, process_request=None):
    """A hub that does `behave(socket)` with each connection. Gives its URL."""
    with serve(behave, "127.0.0.1", 0, process_request=process_request, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def obey(vendor):
    """`obey(socket)`: a hub that answers as the vendor's protocol says. `count` ends it after that many messages."""

    def obey(socket, got=None, count=None):
        protocol = line.make_protocol(VENDORS[vendor])
        for number, message in enumerate(socket, start=1):
            if got is not None:
                got.append(message)
            for event in line.receive(protocol, message):
                if isinstance(event, Send):
                    socket.send(event.message)
            if number == count:
                return

    return obey


def test_hub_that_behaves(run, obey):
    with hub(obey) as url:
        lines = run(url)
    assert [line.rpartition(": ")[2].split()[0] for line in lines] == ["started", "ended,", "1"]


def samples_of(vendor, got, track):
    """What a hub makes of a side's audio."""
    protocol = line.make_protocol(VENDORS[vendor])
    events = [event for message in got for event in line.receive(protocol, message)]
    [*_, started] = [event for event in events if isinstance(event, StreamStarted)]
    payload = b"".join(event.payload for event in events if isinstance(event, AudioFrame) and event.track == track)
    pcm = audioop.ulaw2lin(payload, 2) if started.audio.encoding == "mulaw" else payload
    return struct.unpack(f"<{len(pcm) // 2}h", pcm), started.audio.rate


@pytest.fixture
def heard_of(run, vendor, obey):
    """What the hub gets of a side when the command runs with these arguments."""

    def heard_of(track, *arguments):
        got = []
        with hub(lambda socket: obey(socket, got)) as url:
            run(url, "--quiet", *arguments)
        samples, rate = samples_of(vendor, got, track)
        return samples, len(samples) / rate

    return heard_of


def test_two_files_are_the_agent_and_the_customer(heard_of):
    samples, seconds = heard_of("customer")
    assert seconds == 0.5
    assert max(samples) < 0


def test_one_file_is_the_customer(heard_of, audio):
    samples, seconds = heard_of("customer", "--audio", audio[1])
    assert seconds == 0.5
    assert max(samples) < 0


@RINGCX
def test_one_file_leaves_the_agent_silent(heard_of, audio, vendor):
    samples, seconds = heard_of("agent", "--audio", audio[1])
    assert (set(samples), seconds) == ({0}, 0.5)


def test_file_of_another_rate(heard_of, audio, tmp_path):
    (tmp_path / "wide.wav").write_bytes(wav(pcm(*[-1000] * 24000), rate=24000))
    samples, seconds = heard_of("customer", "--audio", str(tmp_path / "wide.wav"))
    assert seconds == 1.0
    assert -1020 <= min(samples) <= max(samples) <= -980


def test_more_than_two_files(vendor, audio):
    with pytest.raises(CommandError, match="one file or two"):
        call_command("simulate", vendor, "--audio", *audio, audio[0])


SILENT = pytest.mark.parametrize(
    "vendor", [name for name, vendor in VENDORS.items() if vendor.simulator.silent], indirect=True
)
HEARS = pytest.mark.parametrize(
    "vendor", [name for name, vendor in VENDORS.items() if vendor.simulator.hears], indirect=True
)


@SILENT
def test_silence_without_files(vendor, obey):
    got = []
    with hub(lambda socket: obey(socket, got)) as url:
        call_command("simulate", vendor, "--url", url, "--speed", "10", "--seconds", "0.5", "--quiet")
    samples, rate = samples_of(vendor, got, "customer")
    assert (set(samples), len(samples) / rate) == ({0}, 0.5)


@HEARS
def test_what_the_caller_heard(vendor, run, tmp_path):
    """A hub that speaks once, as soon as it hears the caller."""

    def behave(socket):
        protocol = line.make_protocol(VENDORS[vendor])
        spoken = False
        for message in socket:
            for event in line.receive(protocol, message):
                if isinstance(event, Send):
                    socket.send(event.message)
                if isinstance(event, AudioFrame) and not spoken:
                    spoken = True
                    audio = protocol.play_format
                    speech = encode(pcm(*[5000] * (audio.rate // 10)), audio.encoding)
                    for said in (protocol.open_playout(""), protocol.send_audio(speech), protocol.close_playout()):
                        for part in said:
                            socket.send(part)

    path = tmp_path / "heard.wav"
    with hub(behave) as url:
        run(url, "--heard", str(path))
    samples = read_wav(path.read_bytes(), "heard.wav", AudioFormat("l16", 8000))
    loud = [sample for sample in struct.unpack(f"<{len(samples) // 2}h", samples) if abs(sample - 5000) < 700]
    assert 0.07 < len(loud) / 8000 < 0.11


@HEARS
def test_each_call_is_heard_apart(vendor, run, obey, tmp_path):
    with hub(obey) as url:
        run(url, "--calls", "2", "--seconds", "0.1", "--heard", str(tmp_path / "heard.wav"))
    assert sorted(path.name for path in tmp_path.glob("heard*")) == ["heard-1.wav", "heard-2.wav"]


def test_many_calls(run, obey):
    with hub(obey) as url:
        lines = run(url, "--calls", "20", "--seconds", "0.2")
    assert lines[-1].startswith("20 streams went well")
    assert len(lines) == 41


def test_quiet(run, obey):
    with hub(obey) as url:
        assert run(url, "--quiet") == []


@pytest.fixture
def path_of(run, obey):
    """The path that the hub is asked for, with its query."""

    def path_of(tail):
        paths = []

        def behave(socket):
            paths.append(socket.request.path)
            obey(socket)

        with hub(behave) as url:
            run(url + tail)
        return paths[0]

    return path_of


def test_url_with_path_and_query(path_of):
    assert path_of("/ws/x/?a=1").startswith("/ws/x/?a=1")


@pytest.mark.parametrize("tail", ["", "/", "?a=1"], ids=["bare", "slash", "query"])
def test_url_without_a_path_gets_the_vendors_own(path_of, vendor, tail):
    path, _, query = path_of(tail).partition("?")
    patterns = [route.replace("<str:address>", "[^/]+") for route in VENDORS[vendor].endpoint.routes]
    assert any(re.fullmatch(f"/{pattern}", path) for pattern in patterns)
    assert query.startswith("a=1") == (tail == "?a=1")


@RINGCX
def test_facts_go_behind_the_query(path_of, vendor):
    assert path_of("/ws/x/?a=1").startswith("/ws/x/?a=1&")


def test_hub_that_refuses_for_good_is_asked_once(run, obey):
    asked = []

    def refuse(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.FORBIDDEN, "")

    with hub(obey, refuse) as url:
        run(url, fault="refused the upgrade with 403 (attempt 1)")
    assert len(asked) == 1


@RINGCX
def test_hub_that_is_busy_is_asked_again(run, vendor, obey):
    asked = []

    def refuse(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "")

    with hub(obey, refuse) as url:
        run(url, fault="refused the upgrade with 503 (attempt 3)")
    assert len(asked) == 3


@RINGCX
def test_hub_that_was_busy_for_a_moment(run, vendor, obey):
    asked = []

    def refuse_twice(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "") if len(asked) < 3 else None

    with hub(obey, refuse_twice) as url:
        run(url)
    assert len(asked) == 3


def test_nobody_there(run):
    run("ws://127.0.0.1:1", fault="no connection")


def test_url_of_another_kind(run):
    run("http://127.0.0.1:1", fault="no ws:// or wss:// URL")


def test_hub_that_closes_early(run, obey):
    def behave(socket):
        obey(socket, count=4)
        socket.close(1011, "broken")

    with hub(behave) as url:
        run(url, fault="the hub ended the stream with 1011 broken")


def test_hub_that_drops_the_connection(run, obey):
    def behave(socket):
        obey(socket, count=4)
        socket.socket.close()

    with hub(behave) as url:
        run(url, fault="before the vendor did")


def test_one_bad_stream_among_several_is_told(run, obey):
    chosen = []

    def behave(socket):
        chosen.append(socket)
        if len(chosen) == 2:
            obey(socket, count=4)
        else:
            obey(socket)

    with hub(behave) as url:
        lines = run(url, "--calls", "3", fault="the hub ended the stream with 1000")
    assert sum("ended" in line for line in lines) == 2


@RINGCX
def test_ringcx_takes_no_messages(run, vendor, obey):
    def behave(socket):
        socket.send("welcome")
        obey(socket)

    with hub(behave) as url:
        run(url, fault="RingCX takes no messages, and got 'welcome'")


@RINGCX
def test_ringcx_hub_that_closes_at_the_first_stop(run, vendor):
    def behave(socket):
        for message in socket:
            if '"Stop"' in message:
                return

    with hub(behave) as url:
        run(url, fault="the hub ended the stream with 1000")


@RINGCX
def test_vendor_that_vanishes(run, vendor):
    ends = []

    def behave(socket):
        try:
            while True:
                socket.recv()
        except ConnectionClosed as closed:
            ends.append(closed.rcvd)

    with hub(behave) as url:
        run(url, "--no-stop")
    assert ends == [None]


def test_audio_file_that_is_missing(vendor):
    with pytest.raises(CommandError, match=r"nowhere\.wav"):
        call_command("simulate", vendor, "--audio", "nowhere.wav", "nowhere.wav")


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--speed", "inf"], ["--seconds", "-1"], ["--calls", "0"]])
def test_wrong_arguments(vendor, arguments):
    with pytest.raises(CommandError, match=f"argument {arguments[0]}: must be"):
        call_command("simulate", vendor, *arguments)


def test_unknown_vendor():
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("simulate", "nobody")
