"""WebSockets for Socket.IO and for stages that speak their own protocol."""

from app.realtime.websocket.connection import WebSocket, accept

__all__ = ["WebSocket", "accept"]
