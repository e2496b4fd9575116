"""The one room that opens connections to hosts outside: only to those an administrator named, per purpose."""

from services.outbound.buckets import send_through
from services.outbound.connecting import Outbound
from services.outbound.http import open_client
from services.outbound.naming import Purpose
from services.outbound.pools import open_pool_manager

__all__ = ["Outbound", "Purpose", "open_client", "open_pool_manager", "send_through"]
