from app.errors import Unavailable, Unprocessable


class Refused(Unprocessable):
    """The address leads to where this service does not go."""

    title = "This service sends nothing to that address."


class Away(Unavailable):
    """No answer: the other side is away, too slow, breaks off, or has failed so often that it is left alone for now."""

    title = "Another service that this needs does not answer."


class TooLarge(Away):
    title = "Another service answers with more than is wanted of it."
