"""Programs that write WARCs, started on a site as their users start them: each gives the files that it wrote.

warcprox and warcio.js aren't among what the tests install: the Python that has the one, and the folder node_modules that
has the other, are named by WPARCHIVE_TEST_WARCPROX and WPARCHIVE_TEST_NODE_MODULES.
"""

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from loopback import HeldPort
from patience import PATIENCE

__all__ = ["WRITERS", "served", "targets"]

_BIN = Path(sys.executable).parent


def targets(home: str) -> list[str]:
    """What is asked for: what describes the site, three pages of each list, an item, one that isn't there."""
    root = f"{home.rstrip('/')}/wp-json/"
    lists = [
        f"{root}wp/v2/{route}?per_page=3&page={page}&orderby=id&order=asc"
        for route in ("posts", "pages", "media", "comments", "users", "categories")
        for page in (1, 2)
    ]
    first = [root, f"{root}wp/v2/types", f"{root}wp/v2/taxonomies", f"{root}wp/v2/posts/99999"]
    return [*first, *lists]


def served(urls: Sequence[str], opener: Callable[[str], bytes] | None = None) -> dict[str, bytes]:
    """The body of each URL as the site serves it."""
    return {url: (opener or _fetch)(url) for url in urls}


def _fetch(url: str) -> bytes:
    return _body(urllib.request.urlopen, url)


def _body(open_url: Callable[[str], "object"], url: str) -> bytes:
    try:
        with open_url(url) as answer:  # type: ignore[attr-defined]
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return error.read()


@contextmanager
def _running(command: Sequence[str | Path], folder: Path) -> Iterator[str]:
    """A server of the test's own, up and listening at the port that `command` ends with: its URL. It is waited for."""
    with HeldPort() as held:
        command = [*command, str(held.number)]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            while True:
                with suppress(OSError), socket.create_connection(("127.0.0.1", held.number)):
                    break
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
                    raise AssertionError(process.communicate()[0].decode())
            yield held.url
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def wget(urls: Sequence[str], folder: Path, *more: str) -> list[Path]:
    if not shutil.which("wget"):
        pytest.skip("needs wget")
    (folder / "urls").write_text("\n".join(urls))
    command = ["wget", "-q", "--content-on-error", "-i", "urls", "--warc-file=w", "-O", os.devnull, *more]
    subprocess.run(command, cwd=folder, check=False, env={**os.environ, "no_proxy": "*"})
    return sorted(folder.glob("w*.warc*"))


def wget_plain(urls: Sequence[str], folder: Path) -> list[Path]:
    return wget(urls, folder, "--no-warc-compression", "--warc-max-size=20K")


def wacz(urls: Sequence[str], folder: Path) -> list[Path]:
    (warc,) = wget(urls, folder)
    subprocess.run([_BIN / "wacz", "create", "-o", "w.wacz", warc], cwd=folder, check=True, capture_output=True)
    return [folder / "w.wacz"]


# Its list of suffixes comes from the network otherwise.
_PYWB = """
import tldextract
tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
from pywb.apps.cli import wayback
wayback()
"""


def pywb(urls: Sequence[str], folder: Path) -> list[Path]:
    pytest.importorskip("pywb")
    subprocess.run([_BIN / "wb-manager", "init", "coll"], cwd=folder, check=True, capture_output=True)
    (folder / "config.yaml").write_text("collections:\n  live: $live\nrecorder: live\n")
    with _running([sys.executable, "-c", _PYWB, "-b", "127.0.0.1", "-p"], folder) as here:
        for url in urls:
            _fetch(f"{here}/coll/record/id_/{url}")
    return sorted(folder.rglob("*.warc.gz"))


_WARCPROX = """
from warcprox.warcproxy import WarcProxyHandler
WarcProxyHandler.allow_localhost = True
from warcprox.main import main
main()
"""


def warcprox(urls: Sequence[str], folder: Path) -> list[Path]:
    python = os.environ.get("WPARCHIVE_TEST_WARCPROX")
    if not python:
        pytest.skip("needs warcprox: WPARCHIVE_TEST_WARCPROX names the Python that has it")
    places = {
        "-d": "warcs",
        "--dedup-db-file": "d.db",
        "--stats-db-file": "s.db",
        "--cacert": "ca.pem",
        "--certs-dir": "c",
    }
    options = [one for pair in places.items() for one in pair]
    (folder / "warcs").mkdir()
    with _running([python, "-c", _WARCPROX, "-z", "-b", "127.0.0.1", *options, "-p"], folder) as here:
        proxy = urllib.request.ProxyHandler({"http": here})
        opener = urllib.request.build_opener(proxy)
        for url in urls:
            _body(opener.open, url)
    return sorted(folder.rglob("*.warc.gz"))


_WARCIO_JS = """
import fs from "fs";
const { WARCRecord, WARCSerializer } = await import(process.argv[2] + "/warcio/dist/index.js");
const out = fs.createWriteStream("js.warc.gz");
const write = async (record) => out.write(await WARCSerializer.serialize(record, { gzip: true }));
await write(await WARCRecord.createWARCInfo({ filename: "js.warc.gz", warcVersion: "WARC/1.1" }, { software: "warcio.js" }));
for (const url of process.argv.slice(3)) {
  const got = await fetch(url);
  const body = new Uint8Array(await got.arrayBuffer());
  const about = { url, date: new Date().toISOString(), type: "response", warcVersion: "WARC/1.1",
    statusline: `HTTP/1.1 ${got.status} ${got.statusText}`, httpHeaders: Object.fromEntries(got.headers) };
  await write(WARCRecord.create(about, (async function* () { yield body; })()));
}
out.end();
"""


def warcio_js(urls: Sequence[str], folder: Path) -> list[Path]:
    modules = os.environ.get("WPARCHIVE_TEST_NODE_MODULES")
    if not modules or not shutil.which("node"):
        pytest.skip("needs node and warcio: WPARCHIVE_TEST_NODE_MODULES names the folder node_modules that has it")
    (folder / "write.mjs").write_text(_WARCIO_JS)
    subprocess.run(["node", "write.mjs", modules, *urls], cwd=folder, check=True, capture_output=True)
    return [folder / "js.warc.gz"]


Writer = Callable[[Sequence[str], Path], list[Path]]
WRITERS: Mapping[str, Writer] = {
    "wget": wget,
    "wget without compression, split": wget_plain,
    "py-wacz": wacz,
    "pywb": pywb,
    "warcprox": warcprox,
    "warcio.js": warcio_js,
}
