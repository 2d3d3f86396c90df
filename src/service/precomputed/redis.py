"""Answers in a server that speaks Redis' protocol: a hash for each version, and one that says what there is."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.precomputed import VERSIONS, Facts, StoreError

INDEX = "mainline:answers"
SECONDS = 1.0  # that a connection, or an answer of the server, is waited for; a request waits less, in answers.py
WRITING_SECONDS = 30.0
MOST = 1000  # answers that are sent at once
LEFT = 86_400  # seconds that half-written answers of a killed run stay


class Server:
    """A server to look answers up in."""

    at_once = False

    def __init__(self, address: str, version: str) -> None:
        self._redis, self._version = _client(address, SECONDS), version

    def facts(self) -> Facts | None:
        """What there is of the version."""
        return _facts(_said(lambda: self._redis.hget(INDEX, self._version)))

    def find(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What is stored for each key."""
        return list(_said(lambda: self._redis.hmget(_name(self._version), list(keys))))


class NewHash:
    """The hash that takes the place of a version's."""

    def __init__(self, address: str, version: str) -> None:
        """Begin it.

        Raises:
            StoreError: the server cannot be reached.
        """
        self._redis, self._version = _client(address, WRITING_SECONDS), version
        self._new = f"{_name(version)}:{os.getpid()}-{time.time_ns()}"
        _said(self._redis.ping)

    def add(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Take answers, some at a time."""
        every = list(entries)
        for start in range(0, len(every), MOST):
            pipe = self._redis.pipeline(transaction=False)
            pipe.hset(self._new, mapping=dict(every[start : start + MOST]))
            pipe.expire(self._new, LEFT)
            _said(pipe.execute)

    def publish(self, facts: Facts) -> None:
        """Have the hash take its place, all at once."""

        def swap() -> None:
            index = {key.decode(): _facts(said) for key, said in self._redis.hgetall(INDEX).items()}
            others = {key: about.written for key, about in index.items() if about and key != self._version}
            old = sorted(others, key=lambda each: -others[each])[VERSIONS - 1 :]
            pipe = self._redis.pipeline(transaction=True)
            pipe.persist(self._new)
            pipe.rename(self._new, _name(self._version))
            pipe.hset(INDEX, self._version, json.dumps(facts.said()))
            for each in old:
                pipe.hdel(INDEX, each)
                pipe.unlink(_name(each))
            pipe.execute()

        _said(swap)

    def abandon(self) -> None:
        """Leave what was there as it was."""
        with suppress(redis.RedisError):  # then it goes by itself
            self._redis.unlink(self._new)


def _client(address: str, seconds: float) -> Any:
    # no try again: whoever looks up has the model to ask
    return redis.Redis.from_url(
        address, socket_timeout=seconds, socket_connect_timeout=seconds, retry=Retry(NoBackoff(), 0)
    )


def _name(version: str) -> str:
    return f"{INDEX}:{version}"


def _facts(said: bytes | None) -> Facts | None:
    try:
        return None if said is None else Facts.of(json.loads(said))
    except ValueError:
        raise StoreError("holds something else than precomputed answers") from None


def _said(ask: Any) -> Any:
    try:
        return ask()
    except (redis.RedisError, OSError) as error:
        raise StoreError(" ".join(str(error).split())[:200] or type(error).__name__) from None
