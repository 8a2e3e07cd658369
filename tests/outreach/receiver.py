"""Somebody who is told: a real HTTP server, in a thread, that keeps what it is sent and answers as it is told to."""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver:
    """`answers`: the statuses it gives next; then always `then`. `says`: the body of each answer.

    `taken`: what it answered 2xx, in order. `meanwhile`: called when something was taken and before it is answered.
    `secret`: where it is set, what is not signed with it at this moment is answered 400.
    """

    def __init__(self, *, then=204, headers=None, context=None, meanwhile=lambda receiver: None):
        self.meanwhile, self.secret = meanwhile, None
        self.answers, self.then, self.headers = [], then, headers or {}
        self.says = b""
        self.asked, self.taken, self.paths = [], [], []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.https = context is not None
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, host="127.0.0.1"):
        return f"http{'s' if self.https else ''}://{host}:{self.port}/fiel"

    def events(self, secret=None):
        """What was taken, parsed; each signature checked with the reference library, where a secret is named."""
        return [self.verified(body, headers, secret) for headers, body in list(self.taken)]

    def verified(self, body, headers, secret):
        return Webhook(secret).verify(body, headers) if secret else json.loads(body)

    def believes(self, body, headers):
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            return False
        return True

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _handler(receiver):  # noqa: N805 - the handler is made for this one receiver
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.answers.pop(0) if receiver.answers else receiver.then
                receiver.paths.append(self.path)
                receiver.asked.append((headers, body))
                if receiver.secret and not receiver.believes(body, headers):
                    status = 400
                if 200 <= status < 300:
                    receiver.taken.append((headers, body))
                    receiver.meanwhile(receiver)
                with suppress(ConnectionError):  # who sent it may have died
                    self.answer(status)

            def answer(self, status):
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.says)))
                self.end_headers()
                self.wfile.write(receiver.says)

            def log_message(self, *_):
                """Says nothing."""

        return Handler


@contextmanager
def receiving(**more):
    receiver = Receiver(**more)
    try:
        yield receiver
    finally:
        receiver.close()


def tls_context(folder, host):
    """A server's TLS with a certificate for a host, signed by an authority of its own; the authority's file."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "own.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, pem
