"""What runs beside the requests of a process: the bus, the relay, the rooms, the metrics."""

from flask import Flask

from app.observe import metrics


def start(app: Flask, *, works: bool = False) -> None:
    """Begin; call once in each process, after any fork. A worker process also makes background calls."""
    app.extensions["bus"].start()
    app.extensions["relay"].start(works=works)
    metrics.start()
    if not works:
        app.extensions["realtime"].start()


def stop(app: Flask) -> None:
    app.extensions["relay"].stop()
    app.extensions["realtime"].stop()
    app.extensions["bus"].stop()
    metrics.stop()
