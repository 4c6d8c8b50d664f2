"""One web process type: REST, Socket.IO and raw WebSockets on one port. `gunicorn -c gunicorn.conf.py wsgi:app`"""

# First of all: psycopg and redis cooperate only if the standard library is patched before they are imported.
from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import pathlib  # noqa: E402
import shutil  # noqa: E402
import tempfile  # noqa: E402

import gevent  # noqa: E402

from app.db import gevent_wait  # noqa: E402
from app.realtime.websocket import engineio  # noqa: E402

gevent_wait.install()
engineio.install()

bind = f"{os.environ.get('HOST', '0.0.0.0' if os.environ.get('APP_ENV') == 'production' else '127.0.0.1')}:{os.environ.get('PORT', '8000')}"  # noqa: S104
# One process per core that the host gives us; Heroku and Render set WEB_CONCURRENCY.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "app.server.Worker"
# Greenlets, and so sockets, in one process; the database pool is the real limit.
worker_connections = 4_000
backlog = 2_048
# Longer than the idle time-out of the proxy in front (Heroku's router: 90 s), or it meets closed connections.
keepalive = 95
# A process whose loop stands still for this long is killed.
timeout = 60
# Heroku kills 30 s after SIGTERM; requests that still run then are cut off.
graceful_timeout = 9
# Recycling processes would cut every socket they hold.
max_requests = 0
# Pools, subscriptions and greenlets must begin after the fork.
preload_app = False
# Proxies are trusted by the setting TRUSTED_PROXIES, in the app.
forwarded_allow_ips = ""
limit_request_line = 8_190
limit_request_fields = 100
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
control_socket_disable = True
# The app writes a structured line per request itself.
accesslog = None


metrics_folder = {"ours": False}


def on_starting(server):
    """Metrics of all processes meet in one folder; it begins empty."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="z2h-metrics-")
        metrics_folder["ours"] = True
    os.makedirs(os.environ["PROMETHEUS_MULTIPROC_DIR"], exist_ok=True)
    forget_metrics()


def forget_metrics():
    """Only what prometheus_client wrote: the operator's folder may hold other things."""
    for path in pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("*.db"):
        path.unlink(missing_ok=True)


def on_exit(server):
    if metrics_folder["ours"]:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
    else:
        forget_metrics()


def child_exit(server, worker):
    from app.observe.metrics import child_exit as forget

    forget(worker.pid)


def post_worker_init(worker):
    from app import services
    from wsgi import app

    services.start(app)
    gevent.spawn(worker.end_connections)


def worker_exit(server, worker):
    if not worker.booted:
        return  # nothing was started, and importing the app again would be refused again

    from app import services
    from wsgi import app

    services.stop(app)
