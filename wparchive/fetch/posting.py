"""One message posted to one URL: guarded as any other request, and tried again as long as that may help."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Event
from typing import Any, ClassVar

from requests import PreparedRequest
from tenacity import Retrying, retry_if_result
from tenacity.nap import sleep_using_event

from wparchive.fetch.retrying import FetchPolicy, WaitAsAsked, enough, last_exchange, may_pass
from wparchive.fetch.wire import Wire
from wparchive.model import Exchange
from wparchive.urls import Place

__all__ = ["Poster", "accepted"]

_LARGEST = 1 << 16  # bytes that are read of an answer, of which only the status counts


class Poster(Wire):
    """Posts `message`, and nothing else; a crawl has no way to it."""

    methods: ClassVar[frozenset[str]] = frozenset({"POST"})

    def __init__(self, message: bytes, **how: Any) -> None:
        super().__init__(**how)
        self._message = message

    def post(
        self,
        url: str,
        headers: Iterable[tuple[str, str]],
        policy: FetchPolicy,
        *,
        stop: Event,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Exchange:
        """Post the message to `url`, again after a failure that may pass; returns the last exchange.

        Redirects aren't followed: whoever named this address named no other. Raises RefusedUrl.
        """

        def attempt() -> Exchange:
            exchange = self.exchange("POST", url, headers, max_body=_LARGEST, stop=stop)
            if exchange.block:
                exchange.block.close()
            return exchange

        patient = Retrying(
            retry=retry_if_result(lambda exchange: not accepted(exchange) and may_pass(exchange)),
            stop=enough(policy, None, lambda: 0, stop),
            wait=WaitAsAsked(policy.wait, now),
            sleep=sleep or sleep_using_event(stop),
            retry_error_callback=last_exchange,
        )
        return patient(attempt)

    def _prepared(
        self, method: str, place: Place, headers: Iterable[tuple[str, str]], secret: str | None
    ) -> PreparedRequest:
        request = super()._prepared(method, place, headers, secret)
        request.body = self._message
        request.headers["Content-Length"] = str(len(self._message))
        return request


def accepted(exchange: Exchange) -> bool:
    """Whether the message is delivered: by the status alone, whatever became of the rest of the answer."""
    return exchange.status is not None and 200 <= exchange.status < 300
