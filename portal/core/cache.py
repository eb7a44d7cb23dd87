"""The shared cache. Django makes a new client for every command, which takes longer than the command: this keeps it."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import redis


class _Client(redis.RedisCacheClient):
    """One client to read with and one to write with; they take their connections from the pool, as Django's do."""

    def __init__(self, *servers: Any, **options: Any) -> None:
        super().__init__(*servers, **options)
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client."""
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]


class SharedCache(redis.RedisCache):
    """Valkey or Redis."""

    def __init__(self, server: str | list[str], params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _Client
