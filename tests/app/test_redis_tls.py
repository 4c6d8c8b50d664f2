"""rediss:// as Heroku gives it: TLS whose certificate nobody has signed; verified unless the setting says otherwise."""

import datetime as dt
import socket
import socketserver
import ssl
import threading

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app import config
from app.redis import Redis
from tests import kit

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "redis.example.com")])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    made = x509.CertificateBuilder(NAME, NAME, key.public_key(), x509.random_serial_number(), now, now + dt.timedelta(days=1))
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_port(certificate):
    """TLS in front of the real Redis."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    host, _, port = kit.redis_url().removeprefix("redis://").partition("/")[0].rpartition(":")

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self):
            try:
                with context.wrap_socket(self.request, server_side=True) as outside, socket.create_connection((host, int(port))) as inside:
                    while data := outside.recv(65536):
                        inside.sendall(data)
                        outside.sendall(inside.recv(65536))
            except OSError:
                pass  # refused by the client, as one test wants

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def client(**environ) -> Redis:
    found = Redis()
    found.init_app(type("App", (), {"config": config.load(environ), "extensions": {}})())
    return found


def test_a_certificate_that_nobody_signed_is_refused(tls_port):
    found = client(REDIS_URL=f"rediss://127.0.0.1:{tls_port}/0")
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        found.client.ping()
    found.client.close()


def test_it_is_accepted_where_the_setting_says_so(tls_port):
    found = client(REDIS_URL=f"rediss://127.0.0.1:{tls_port}/0", REDIS_VERIFY="off")
    patient = found.patient(2)
    assert (found.client.ping(), patient.ping()) == (True, True)
    found.client.close()
    patient.close()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_addresses_are_taken_as_heroku_and_render_give_them(scheme):
    found = config.load({"DATABASE_URL": f"{scheme}://u:p@db.example.com:5432/x?sslmode=require"})["DATABASE_URL"]
    assert found == "postgresql+psycopg://u:p@db.example.com:5432/x?sslmode=require"
