"""Extensions, created unbound so that any module may import them."""

from flask import current_app, request
from flask_jwt_extended import JWTManager
from flask_limiter import Limiter
from flask_migrate import Migrate
from flask_socketio import SocketIO
from flask_sqlalchemy import SQLAlchemy

from app.db.base import Base
from app.db.engine import Session
from app.limits import network
from app.redis import Redis

db = SQLAlchemy(
    metadata=Base.metadata,
    # Rows stay readable after the commit: re-reading them costs three of a POST's six round trips.
    session_options={"class_": Session, "expire_on_commit": False},
    disable_autonaming=True,
)
jwt = JWTManager()
limiter = Limiter(lambda: network(request.remote_addr), default_limits=[])
socketio = SocketIO()
# Models derive from app.db.Base, which type checkers understand; db.Model is the same class.
db.Model = Base  # type: ignore[assignment,misc]
migrate = Migrate()
redis = Redis()


@migrate.configure
def find_migrations(config):
    """Every installed stage brings a folder of migrations."""
    config.set_main_option("version_locations", "\n".join(current_app.config["MIGRATION_PATHS"]))
    return config
