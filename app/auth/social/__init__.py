"""Signing in through others: OpenID Connect issuers, Google among them, and Facebook.

    authorizations.begin   the client gets an address at the provider; what only it knows is its `binding`
    callback.come_back     the provider sends the person back; what it says is checked and kept for a minute
    handover.sign_in       the client exchanges the code from its address, with its binding, for tokens
    handover.link          or adds the identity to the account that is signed in

No tokens travel in addresses, and no cookies are needed: PostgreSQL remembers who began what.
"""
