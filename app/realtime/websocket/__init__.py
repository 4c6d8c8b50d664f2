"""WebSockets for Socket.IO and for stages that speak their own protocol."""

from app.realtime.websocket.connection import WebSocket
from app.realtime.websocket.upgrade import Upgrade

__all__ = ["Upgrade", "WebSocket"]
