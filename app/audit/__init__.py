"""Audit: who did what, written once and never changed. Import from here, not from the files inside."""

from app.audit.service import record

__all__ = ["record"]
