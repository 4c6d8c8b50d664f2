"""A security key in software: speaks WebAuthn as a browser and an authenticator do together (Level 2, sections 6 and 7).

It signs what it is told to, also what no honest one would: each lie is a keyword.
"""

import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


class Authenticator:
    def __init__(self, origin: str = "http://localhost", *, rp_id: str = "localhost"):
        self.origin, self.rp_id = origin, rp_id
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.count = 0
        self.user_handle = b""

    def make(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED, **lies: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`."""
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        self.count = 1
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self.public_key()
        data = self.data(flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self.client_data("webauthn.create", options, lies)
        response = {"clientDataJSON": bytes_to_base64url(client), "attestationObject": bytes_to_base64url(attestation)}
        return self.credential({**response, "transports": ["internal"]})

    def get(self, options: dict[str, Any], *, flags: int = PRESENT | VERIFIED, count: int | None = None, **lies: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`."""
        self.count = self.count + 1 if count is None else count
        data = self.data(flags)
        client = self.client_data("webauthn.get", options, lies)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": bytes_to_base64url(client),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "userHandle": bytes_to_base64url(lies.get("user_handle", self.user_handle)),
        }
        return self.credential(response)

    def credential(self, response: dict[str, Any]) -> dict[str, Any]:
        name = bytes_to_base64url(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}

    def client_data(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | {name: value for name, value in lies.items() if name in told}).encode()

    def data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def public_key(self) -> bytes:
        """COSE (RFC 9053): an EC2 key on P-256 for ES256."""
        point = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
