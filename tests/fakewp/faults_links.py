"""Faults of links: hostile addresses in `_links`, in relations that an archiver follows."""

from collections.abc import Callable
from typing import Any

from fakewp.faults_base import Fault, Options, changed
from fakewp.simulator.http import Answer, Request

__all__ = ["HOSTILE", "LINKS"]

_METADATA = "http://169.254.169.254/latest/meta-data/"
_TRAP = "/wp/v2/media/99900"
_ENDLESS = "/wp/v2/media/990"
Href = Callable[[Any, Options], str]


def _rest(route: str) -> Href:
    return lambda site, _: site.core.urls.rest(route)


def _with(route: str, **params: str) -> Href:
    return lambda site, _: site.core.urls.view(route, params)


def _port(options: Options) -> str:
    return str(options["to"]).rstrip("/").rpartition(":")[2]


# name -> (what it is, how it is spelled); `to` is an origin on loopback that must never be asked
HOSTILE: dict[str, tuple[str, Href]] = {
    "template": ("a URI template", lambda site, _: site.core.urls.rest("/wp/v2/media/{id}")),
    "regex": ("a route pattern", lambda site, _: site.core.urls.rest(r"/wp/v2/media/(?P<id>[\d]+)")),
    "relative": ("a relative reference", lambda *_: "../media/5"),
    "schemeless": (
        "a reference without a scheme, to the other origin",
        lambda _, options: "//" + str(options["to"]).split("://", 1)[-1],
    ),
    "empty": ("an empty reference", lambda *_: ""),
    "file": ("a local file", lambda *_: "file:///etc/passwd"),
    "javascript": ("a script", lambda *_: "javascript:alert(1)"),
    "scheme": ("another scheme", lambda *_: "gopher://127.0.0.1:70/_x"),
    "ftp": ("FTP", lambda *_: "ftp://example.org/wp-json/wp/v2/posts/1"),
    "metadata": ("a cloud's metadata address", lambda *_: _METADATA + "wp-json/wp/v2/media/1"),
    "private": ("a private address", lambda *_: "http://10.0.0.1/wp-json/wp/v2/media/1"),
    "canary": ("another origin on loopback", lambda _, options: f"{options['to']}wp-json/wp/v2/media/1"),
    "localhost": (
        "a name that resolves to loopback",
        lambda _, options: f"http://localhost:{_port(options)}/wp-json/wp/v2/media/1",
    ),
    "decimal": (
        "loopback as one number",
        lambda _, options: f"http://2130706433:{_port(options)}/wp-json/wp/v2/media/1",
    ),
    "mapped": (
        "loopback as mapped IPv6",
        lambda _, options: f"http://[::ffff:127.0.0.1]:{_port(options)}/wp-json/wp/v2/media/1",
    ),
    "userinfo": (
        "the site's host as user name",
        lambda site, options: (
            f"http://{site.core.urls.home.split('://')[1]}@127.0.0.1:{_port(options)}/wp-json/wp/v2/media/1"
        ),
    ),
    "redirect-canary": ("a route that redirects to the other origin", _rest(_TRAP + "1")),
    "redirect-metadata": ("a route that redirects to the metadata address", _rest(_TRAP + "2")),
    "redirect-loop": ("a route that redirects to itself", _rest(_TRAP + "3")),
    "method": ("a GET that WordPress takes for a DELETE", _with("/wp/v2/posts/1", _method="DELETE")),
    "envelope": ("an enveloped answer", _with("/wp/v2/media/1", _envelope="1")),
    "twice": (
        "a path and a rest_route that differ",
        lambda site, _: f"{site.core.urls.home}/wp-json/wp/v2/posts/1?rest_route=/wp/v2/settings",
    ),
    "batch": ("the batch route", _rest("/batch/v1")),
    "run": ("a route that executes code", _rest("/wp-abilities/v1/abilities/core/get-site-info/run")),
    "export": ("a route that builds an archive", _rest("/wp-block-editor/v1/export")),
    "proxy": ("a route that makes the site fetch", _with("/oembed/1.0/proxy", url=_METADATA)),
    "settings": ("the settings", _rest("/wp/v2/settings")),
    "dots": ("a path that climbs", lambda site, _: site.core.urls.rest("/wp/v2/media/../../../batch/v1")),
    "long": ("a reference of 100 kB", lambda site, _: site.core.urls.rest("/wp/v2/media/1") + "?" + "a" * 100_000),
    "newline": (
        "a reference with a line break",
        lambda site, _: site.core.urls.rest("/wp/v2/media/1") + "\r\nX-Injected: 1",
    ),
}
_RELATIONS = ("wp:featuredmedia", "author", "up", "replies", "wp:term")


def _inject(names: tuple[str, ...]) -> Any:
    def after(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
        if answer.status != 200 or route is None or not route.startswith("/wp/v2/posts"):
            return None

        def change(n: int, item: dict[str, Any]) -> None:
            if n < len(names) and isinstance(item.get("_links"), dict):
                href = HOSTILE[names[n]][1](site, options)
                relation = _RELATIONS[n % len(_RELATIONS)] if len(names) > 1 else options["relation"]
                item["_links"].setdefault(relation, []).append({"embeddable": True, "href": href})

        return changed(site, answer, change)

    return after


_SPELLED: dict[str, Callable[[str], str]] = {
    "rooted": lambda path: path,
    "hostless": lambda path: path,
    "dots": lambda path: path.replace("/wp/v2/", "/wp/v2/posts/../"),
    "encoded dots": lambda path: path.replace("/wp/v2/", "/wp/%2E/v2/posts/%2e%2e/"),
}


def _respelled(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    """Every address of `_links` that is of the site, written as `form` says."""
    if answer.status != 200 or answer.document is None:
        return None
    home, form = site.core.urls.home, options["form"]

    def change(_: int, item: dict[str, Any]) -> None:
        for entries in item.get("_links", {}).values():
            for entry in entries:
                if entry["href"].startswith(home):
                    path = _SPELLED[form](entry["href"].removeprefix(home))
                    entry["href"] = f"//{home.partition('://')[2]}{path}" if form == "hostless" else path

    return changed(site, answer, change)


def _traps(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    if route is None or not route.startswith(_TRAP):
        return None
    targets = {"1": str(options["to"]) + "wp-json/wp/v2/media/1", "2": _METADATA, "3": site.core.urls.rest(route)}
    where = targets.get(route.removeprefix(_TRAP))
    return Answer(302, [("Location", where)]) if where else None


def _lead_on(site: Any, options: Options, request: Request, route: str | None) -> Answer | None:
    """Any attachment of a high number, which links to so many others."""
    number = (route or "").removeprefix(_ENDLESS)
    if not (route or "").startswith(_ENDLESS) or not number.isdecimal():
        return None
    links = [
        {"href": site.core.urls.rest(f"{_ENDLESS}{int(number) * options['branches'] + n}")}
        for n in range(options["branches"])
    ]
    item = {"id": int(f"990{number}"), "type": "attachment", "title": {"rendered": "On"}, "_links": {"up": links}}
    return Answer(200, [("Content-Type", "application/json")], site.core.encode(item), item)


def _first_of_many(site: Any, options: Options, request: Request, route: str | None, answer: Answer) -> Answer | None:
    if answer.status != 200 or route != "/wp/v2/posts":
        return None

    def change(n: int, item: dict[str, Any]) -> None:
        item["_links"]["wp:featuredmedia"] = [{"href": site.core.urls.rest(f"{_ENDLESS}1")}]

    return changed(site, answer, change)


_OPTIONS: Options = {"to": "http://127.0.0.1:9/", "relation": "wp:featuredmedia"}
LINKS = {
    "hostile-links": Fault(
        says="The first posts of each page carry every hostile link, in relations that are followed; `to`: canary.",
        before=_traps,
        after=_inject(tuple(HOSTILE)),
        options=_OPTIONS,
    ),
    "links-respelled": Fault(
        says="Links are written from the host's root; `form`: hostless, dots, encoded dots.",
        after=_respelled,
        options={"form": "rooted"},
    ),
    "links-endless": Fault(
        says="Posts link to an attachment that no listing shows, which links to `branches` others, and so on for ever.",
        before=_lead_on,
        after=_first_of_many,
        options={"branches": 1},
    ),
    **{
        f"link-{name}": Fault(
            says=f"The first post of each page links (`relation`) to {words}.",
            before=_traps,
            after=_inject((name,)),
            options=_OPTIONS,
        )
        for name, (words, _) in HOSTILE.items()
    },
}
