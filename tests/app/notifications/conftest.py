"""A mail server on loopback that speaks SMTP, STARTTLS and AUTH, and says no when a test asks it to."""

import datetime as dt
import email
import ipaddress
import socket
import ssl
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.access import SERVICE, acting_as
from app.notifications.settings import mail_server

USER, PASSWORD = "mailer", "the mail server's password"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost that signs itself: its path, and the path of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    return folder / "cert.pem", folder / "key.pem"


class Post:
    """What the server took, and what it answers next: ``says = {"RCPT": "550 5.1.1 no such user"}``."""

    def __init__(self):
        self.taken: list[tuple[str, list[str], email.message.EmailMessage]] = []
        self.says: dict[str, str] = {}
        self.sessions: list[tuple[bool, bool]] = []

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return self.says.get("MAIL", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):
        envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_DATA(self, server, session, envelope):
        if "DATA" in self.says:
            return self.says["DATA"]
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        self.sessions.append((session.ssl is not None, session.authenticated))
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@pytest.fixture
def serve(app, monkeypatch):
    """`serve(starttls=True)`: a running mail server that the app's settings name."""
    running = []

    def start(*, certificate=None, user=False, **options):
        if certificate is not None:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            options |= {"tls_context": context, "require_starttls": True}
        if user:
            options |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": certificate is not None}
        post = Post()
        controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        running.append(controller)
        who = f"{USER}:{PASSWORD.replace(' ', '%20')}@" if user else ""
        tls = "?starttls=on" if certificate is not None else ""
        monkeypatch.setitem(app.config, "NOTIFICATIONS_SMTP_URL", mail_server(f"smtp://{who}localhost:{controller.port}{tls}"))
        return post

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def deliver(app):
    """Make every background call that is due."""

    def run() -> int:
        with acting_as(SERVICE):
            return app.extensions["relay"].deliver_all()

    return run
