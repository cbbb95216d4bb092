"""A real S3 server, as a process of its own."""

import subprocess
import sys
import urllib.request
from urllib.error import URLError

from loopback import HeldPort
from patience import PATIENCE
from tenacity import (
    Retrying,
    retry_if_exception,
    retry_if_exception_type,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
)

from wparchive.errors import RemoteError

MOTO = "moto"
SETTINGS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "a secret of the tests", "AWS_REGION": "us-east-1"}
BUCKET = "archive"
AT_ONCE = Retrying(
    retry=retry_if_exception(lambda error: isinstance(error, RemoteError) and error.passing),
    stop=stop_after_attempt(3),
    reraise=True,
)


class S3Server:
    """moto's server on a port of its own; it forgets everything when it ends."""

    def __init__(self) -> None:
        self._held = HeldPort()
        self.port, self.url = self._held.number, self._held.url

    def start(self) -> None:
        """Start it, with an empty bucket."""
        arguments = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        ready = Retrying(
            retry=retry_if_exception_type((URLError, OSError)), stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.1)
        )
        ready(self._make_bucket)

    def _make_bucket(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/{BUCKET}", method="PUT")).close()

    def stop(self) -> None:
        """End it."""
        self._process.kill()  # it holds nothing that outlives it
        self._process.wait()
        self._held.close()
