"""What is not plain TCP: TLS in the process, and a Unix socket behind a proxy."""

from __future__ import annotations

import datetime
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect, unix_connect

from tests.hub.websocket.conftest import Echo, serving


def write_certificate(folder: Path) -> tuple[str, str]:
    """A self-signed one for localhost; the paths of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_tls(loop: str, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    app = Echo(in_rounds=True)  # which TLS declines
    with serving(app, loop=loop, ssl_certfile=certificate, ssl_keyfile=key, ws_max_size=300_000) as running:
        url = f"wss://localhost:{running.port}/tls"
        with connect(url, ssl=trust, sock=socket.create_connection(("127.0.0.1", running.port))) as websocket:
            for message in ("hello", b"x" * 300_000):
                websocket.send(message)
                assert websocket.recv(timeout=5) == message
            with pytest.raises(ConnectionClosedError) as closed:  # already while it sends, or after
                websocket.send(b"x" * 300_001)
                websocket.recv(timeout=5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


@pytest.mark.parametrize("loop", ["uvloop", "asyncio"])
def test_a_unix_socket_in_rounds(loop: str, tmp_path: Path) -> None:
    path = str(tmp_path / "hub.sock")
    app = Echo(in_rounds=True)
    with serving(app, loop=loop, uds=path), unix_connect(path, uri="ws://localhost/unix") as websocket:
        for message in ("hello", b"x" * 100_000):
            websocket.send(message)
            assert websocket.recv(timeout=5) == message
        websocket.close()
        assert app.ends["/unix"].get(timeout=5)["code"] == 1000
