"""`manage.py simulate` against hubs that behave, and hubs that don't."""

import http
import threading
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from calls.management.commands import simulate
from calls.vendors import VENDORS
from tests.vendors.test_wav import pcm, wav


@pytest.fixture(params=VENDORS)
def vendor(request):
    return request.param


# What only this vendor does.
RINGCX = pytest.mark.parametrize("vendor", ["ringcx"], indirect=True)


@pytest.fixture
def audio(tmp_path):
    for name in ("agent", "customer"):
        (tmp_path / f"{name}.wav").write_bytes(wav(pcm(*range(4000))))
    return [str(tmp_path / "agent.wav"), str(tmp_path / "customer.wav")]


@pytest.fixture
def run(vendor, audio, monkeypatch, capsys):
    """Runs the command and returns its lines; `fault` is what it must find wrong."""
    monkeypatch.setattr(simulate, "RETRY_SECONDS", 0.01)

    def run(url, *arguments, fault=None):
        command = ["simulate", vendor, "--url", url, "--speed", "10", "--audio", *audio, *arguments]
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


def read_all(socket):
    for _ in socket:
        pass


def read(socket, count):
    for _ in range(count):
        socket.recv()


def test_hub_that_behaves(run):
    with hub(read_all) as url:
        lines = run(url)
    assert [line.rpartition(": ")[2].split()[0] for line in lines] == ["started", "ended,", "1"]


def test_what_the_hub_gets_is_what_the_vendor_sends(run, vendor):
    got = []
    with hub(got.extend) as url:
        run(url, "--quiet")
    protocol = VENDORS[vendor].protocol()
    payload = b"".join(
        event.payload for text in got for event in protocol.receive_text(text) if getattr(event, "track", "") == "agent"
    )
    assert len(payload) == 4000


def test_many_calls(run):
    with hub(read_all) as url:
        lines = run(url, "--calls", "20", "--seconds", "0.2")
    assert lines[-1].startswith("20 streams went well")
    assert len(lines) == 41


def test_quiet(run):
    with hub(read_all) as url:
        assert run(url, "--quiet") == []


def test_url_with_path_and_query(run):
    paths = []

    def behave(socket):
        paths.append(socket.request.path)
        read_all(socket)

    with hub(behave) as url:
        run(f"{url}/ws/x/?a=1")
    assert paths[0].startswith("/ws/x/?a=1&")


def test_hub_that_refuses_for_good_is_asked_once(run):
    asked = []

    def refuse(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.FORBIDDEN, "")

    with hub(read_all, refuse) as url:
        run(url, fault="refused the upgrade with 403 (attempt 1)")
    assert len(asked) == 1


def test_hub_that_is_busy_is_asked_again(run):
    asked = []

    def refuse(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "")

    with hub(read_all, refuse) as url:
        run(url, fault="refused the upgrade with 503 (attempt 3)")
    assert len(asked) == 3


def test_hub_that_was_busy_for_a_moment(run):
    asked = []

    def refuse_twice(socket, request):
        asked.append(request.path)
        return socket.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "") if len(asked) < 3 else None

    with hub(read_all, refuse_twice) as url:
        run(url)
    assert len(asked) == 3


def test_nobody_there(run):
    run("ws://127.0.0.1:1", fault="no connection")


def test_url_of_another_kind(run):
    run("http://127.0.0.1:1", fault="no ws:// or wss:// URL")


def test_hub_that_closes_early(run):
    def behave(socket):
        read(socket, 5)
        socket.close(1011, "broken")

    with hub(behave) as url:
        run(url, fault="the hub ended the stream with 1011 broken")


def test_hub_that_drops_the_connection(run):
    def behave(socket):
        read(socket, 5)
        socket.socket.close()

    with hub(behave) as url:
        run(url, fault="before the vendor did")


def test_one_bad_stream_among_several_is_told(run):
    chosen = []

    def behave(socket):
        chosen.append(socket)
        if len(chosen) == 2:
            read(socket, 5)
        else:
            read_all(socket)

    with hub(behave) as url:
        lines = run(url, "--calls", "3", fault="the hub ended the stream with 1000")
    assert sum("ended" in line for line in lines) == 2


@RINGCX
def test_ringcx_takes_no_messages(run, vendor):
    def behave(socket):
        socket.send("welcome")
        read_all(socket)

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
