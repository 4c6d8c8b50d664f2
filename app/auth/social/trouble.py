"""What can go wrong between us and a provider; the page that the person comes back to shows the code."""


class Trouble(Exception):
    """``reason`` is for the log: it names what was wrong and holds nothing that the provider or the person sent."""

    code = "provider_failed"

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Denied(Trouble):
    """The person, or the provider, said no."""

    code = "access_denied"


class Away(Trouble):
    """The provider does not answer, or not in its protocol."""

    code = "provider_unavailable"


class Distrusted(Trouble):
    """What the provider said does not hold: a signature, an audience, a nonce …"""

    code = "answer_refused"
