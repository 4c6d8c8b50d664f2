"""Second factors: codes of an authenticator app, recovery codes, passkeys; and proving again who one is."""
