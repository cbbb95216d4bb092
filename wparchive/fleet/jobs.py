"""Several pieces of work at the same time, in threads: a crawl mostly waits for answers, so one process is enough."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

__all__ = ["in_turn"]

T = TypeVar("T")


def in_turn(items: Sequence[T], group: Callable[[T], str], work: Callable[[T], None], jobs: int) -> None:
    """Call `work` for each of `items`, at most `jobs` at a time and never for two of one `group`; earlier ones first.

    Raises what `work` raises, once what was begun has ended; nothing more is begun then.
    """
    workers = min(jobs, len({group(item) for item in items}))
    if workers < 2:
        for item in items:
            work(item)
        return
    queue = _Queue(items, group)
    with ThreadPoolExecutor(workers, thread_name_prefix="job") as pool:
        ends = [pool.submit(queue.serve, work) for _ in range(workers)]
    for end in ends:
        end.result()


class _Queue(Generic[T]):
    """What is still to be begun, and the groups in which something runs."""

    def __init__(self, items: Sequence[T], group: Callable[[T], str]) -> None:
        self._waiting = [(group(item), item) for item in items]
        self._busy: set[str] = set()
        self._changed = threading.Condition()

    def serve(self, work: Callable[[T], None]) -> None:
        """Work until nothing is left."""
        while (taken := self._take()) is not None:
            group, item = taken
            try:
                work(item)
            except BaseException:
                with self._changed:
                    self._waiting.clear()
                raise
            finally:
                with self._changed:
                    self._busy.discard(group)
                    self._changed.notify_all()

    def _take(self) -> tuple[str, T] | None:
        with self._changed:
            while self._waiting:
                free = next((one for one in self._waiting if one[0] not in self._busy), None)
                if free:
                    self._waiting.remove(free)
                    self._busy.add(free[0])
                    return free
                self._changed.wait()
            return None
