"""What is sent and answered about second factors. Passkeys travel in the JSON forms of WebAuthn Level 3 (`toJSON()`)."""

import marshmallow as ma

from app.web import Boolean, Choice, Id, Integer, Schema, Text, Timestamp, fields

BASE64URL = r"^[A-Za-z0-9_-]+$"
CODE = "Six digits of the authenticator app, or a recovery code"


class Open(Schema):
    """Browsers may say more than we read."""

    class Meta:
        unknown = ma.EXCLUDE


def base64url(most: int, **options) -> Text:
    return Text(min=1, max=most, pattern=BASE64URL, **options)


class AttestationResponse(Open):
    clientDataJSON = base64url(8_000, required=True)
    attestationObject = base64url(60_000, required=True)
    transports = fields.Items(Text(max=30), max=20)


class AssertionResponse(Open):
    clientDataJSON = base64url(8_000, required=True)
    authenticatorData = base64url(8_000, required=True)
    signature = base64url(8_000, required=True)
    userHandle = base64url(200, allow_none=True)


class MadeCredential(Open):
    id = base64url(1_400, required=True)
    rawId = base64url(1_400, required=True)
    type = Choice("public-key", required=True)
    response = fields.Nested(AttestationResponse, required=True)


class Assertion(MadeCredential):
    response = fields.Nested(AssertionResponse, required=True)


class Options(Schema):
    options = fields.Dict(required=True, metadata={"description": "For `navigator.credentials`, in its JSON form"})


class SecondFactorSchema(Schema):
    token = Text(max=100, required=True)
    methods = fields.Items(Choice("totp", "passkey", "recovery"), required=True)
    expires_in = Integer(required=True)
    passkey = fields.Dict(required=True, allow_none=True, metadata={"description": "Options for `navigator.credentials.get`"})


class SecondFactorAsked(Schema):
    second_factor = fields.Nested(SecondFactorSchema, required=True)


class SecondStep(Schema):
    token = Text(min=1, max=100, required=True)
    code = Text(min=6, max=40, metadata={"description": CODE})
    passkey = fields.Nested(Assertion)


class PasskeyLogIn(Schema):
    passkey = fields.Nested(Assertion, required=True)


class Reauthentication(Schema):
    password = Text(min=1, max=128)
    code = Text(min=6, max=40, metadata={"description": CODE})
    passkey = fields.Nested(Assertion)


class ReauthenticatedSchema(Schema):
    authenticated_at = Timestamp(required=True)
    methods = fields.Items(Text(max=20), required=True)


class EnrolmentSchema(Schema):
    secret = Text(max=64, required=True, metadata={"description": "In base 32, for typing; shown this once"})
    uri = Text(max=1_000, required=True, metadata={"description": "For a QR code"})


class FirstCode(Schema):
    code = Text(min=6, max=6, pattern=r"^[0-9]{6}$", required=True)


class RecoveryCodesSchema(Schema):
    recovery_codes = fields.Items(Text(max=40), required=True, metadata={"description": "Shown this once; each works once"})


class SecondFactorsSchema(Schema):
    totp = Boolean(required=True)
    passkeys = Integer(required=True)
    recovery_codes = Integer(required=True, metadata={"description": "How many are left"})
    required = Boolean(required=True, metadata={"description": "Whether my role must have one"})


class NewPasskey(Schema):
    name = Text(min=1, max=100, required=True)
    credential = fields.Nested(MadeCredential, required=True)


class PasskeyUpdate(Schema):
    name = Text(min=1, max=100, required=True)


class PasskeySchema(Schema):
    id = Id(required=True)
    name = Text(max=100, required=True)
    transports = fields.Items(Text(max=20), required=True)
    backed_up = Boolean(required=True, metadata={"description": "Whether the authenticator keeps copies elsewhere"})
    created_at = Timestamp(required=True)
    last_used_at = Timestamp(required=True, allow_none=True)
    version = Integer(required=True)
