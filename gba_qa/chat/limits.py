"""How many questions a client may ask a minute."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

__all__ = ["RateLimiter"]

MAX_CLIENTS = 10_000  # clients remembered at once; the one longest silent is forgotten first


class RateLimiter:
    """A sliding window: at most `count` calls of `allow` a client within `seconds` say yes."""

    def __init__(self, count: int, *, seconds: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.count = count
        self.seconds = seconds
        self._clock = clock
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def allow(self, client: str) -> bool:
        """Whether this call is within the limit; one that isn't does not count against the client."""
        now = self._clock()
        with self._lock:
            calls = self._calls.setdefault(client, deque())
            self._calls.move_to_end(client)
            while len(self._calls) > MAX_CLIENTS:
                self._calls.popitem(last=False)
            while calls and calls[0] <= now - self.seconds:
                calls.popleft()
            if len(calls) >= self.count:
                return False
            calls.append(now)
            return True
