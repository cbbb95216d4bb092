"""Which files belong to an attachment, and what the URL of an upload shows.

Sources: core's `WP_REST_Attachments_Controller::prepare_item_for_response`, `wp_get_original_image_url`, and
`image_resize` for names (4.7 to 7.1). All input is foreign: URLs are only parsed, and anything but a plain http(s) URL
is omitted.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from wparchive.urls import host_of, join, url_key, why_not
from wparchive.wordpress.files.signed import file_key
from wparchive.wordpress.values import clean, integer, mapping, string

__all__ = ["File", "Upload", "featured", "files_of", "is_file", "place", "unwrapped", "upload_of", "wanted_roles"]

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_NAME_SAFE = "!$&'()*+,;=@~-._ "


@dataclass(frozen=True, slots=True)
class File:
    """One file: its URL as the site spells it, its role for the attachment `media`, and its type if stated.

    The URL requested is `url_key` of this one. `fault` says why it cannot be requested. If there is no URL at all,
    `attachment/ID` stands for it.
    """

    url: str
    role: str
    media: int | None = None
    mime: str = ""

    @property
    def fault(self) -> str:
        """Why it cannot be requested; "" if it can."""
        return "no URL" if self.url == f"attachment/{self.media}" else why_not(self.url)


def place(url: str, own_hosts: Iterable[str] = ()) -> str:
    """Return where a file lies, independent of scheme, query and spelling; "" for no URL.

    `own_hosts` (with ports) are equivalent names of the site's own host.
    """
    key = url_key(url)
    authority, _, path = key.partition("://")[2].partition("/")
    if not key:
        return ""
    return f"{'' if authority in own_hosts else authority.removeprefix('www.')}/{unquote(path.partition('?')[0])}"


# --- the files of an attachment


def files_of(item: Mapping[str, Any], base: str = "") -> Iterator[File]:
    """Yield every file that an attachment names, once each: the original, the full picture, sizes, companions.

    Files without a usable URL are included, since they are named but cannot be fetched.

    Roles: `original` (the uploaded file), `full` (the scaled or edited copy shown in its place), `size:NAME`, `source`
    (a HEIC kept beside its JPEG), `companion:NAME`; a variant in another format adds `:MIME`.
    """
    seen: set[str] = set()
    for file in _named(item, base):
        key = file_key(file.url) or file.url
        if key not in seen:
            seen.add(key)
            yield file


def _named(item: Mapping[str, Any], base: str) -> Iterator[File]:
    media, source = integer(item.get("id")), _spelled(item.get("source_url"), base)
    details = mapping(item.get("media_details"))
    mime = clean(string(item.get("mime_type")))
    original = _beside(source, details.get("original_image"))
    if original:
        yield File(original, "original", media, mime)
    if source or media is not None:
        yield File(source or f"attachment/{media}", "full" if original else "original", media, mime)
    beside = ((role, _beside(source, details.get(name))) for role, name in _COMPANIONS.items())
    yield from (File(url, role, media) for role, url in beside if url)
    yield from _variants(details.get("sources"), "full", source, media)
    for name, size in mapping(details.get("sizes")).items():
        size = mapping(size)
        role = f"size:{clean(str(name))[:100]}"
        if url := _url_of(size, source, base):
            yield File(url, role, media, clean(string(size.get("mime_type"))))
        yield from _variants(size.get("sources"), role, source, media)


# Core 7.1: file names in the folder of `source_url`.
_COMPANIONS = {
    "source": "source_image",
    "companion:video": "animated_video",
    "companion:poster": "animated_video_poster",
}


def _variants(sources: object, role: str, source: str, media: int | None) -> Iterator[File]:
    """Yield the same picture in other formats, as plug-ins record it: `{MIME: {"file": ..., "source_url": ...}}`."""
    for mime, one in mapping(sources).items():
        if url := _url_of(mapping(one), source, ""):
            yield File(url, f"{role}:{clean(str(mime))[:100]}", media, str(mime))


def _url_of(one: Mapping[str, Any], source: str, base: str) -> str:
    """Return the URL of a size or variant of the file `source`: the one stated if usable, else of its file there."""
    named = _spelled(one.get("source_url"), base)
    return named if url_key(named) else _beside(source, one.get("file")) or named


def _spelled(value: object, base: str) -> str:
    """Return a URL as the item spells it, a relative one resolved against `base`; "" for none."""
    url = string(value).strip()
    return url if not url or not base or _ABSOLUTE.match(url) else join(base, url) or url


def _beside(source: str, name: object) -> str:
    """Return the URL of the file `name` in the folder of `source`; "" if it is not a plain name."""
    if not url_key(source) or not isinstance(name, str) or not name.strip(". ") or len(name) > 255:
        return ""
    if re.search(r"[/\\\x00-\x1f\x7f]", name):
        return ""
    folder = source.partition("?")[0].partition("#")[0].rpartition("/")[0]
    return f"{folder}/{_name(name)}"


def _name(name: str) -> str:
    """Return a file name as part of a URL; letters of any script stay as the site spells them."""
    return "".join(char if not char.isascii() else quote(char, safe=_NAME_SAFE) for char in name)


def wanted_roles(policy: str, file: File, *, used: bool) -> bool:
    """Return whether `policy` (none, originals, used, all) fetches `file`; `used`: content or a featured image shows it."""
    original = file.role == "original"
    return {"none": False, "originals": original, "used": original or used}.get(policy, True)


def featured(file: File) -> bool:
    """Return whether a theme shows this file of a featured image: the size made for it, or the full picture."""
    return file.role in ("full", "size:post-thumbnail")


# --- what a URL shows

_MEDIA = (
    r"jpe?g|jpe|png|gif|webp|avif|heic|heif|bmp|ico|tiff?|svgz?|mp3|m4a|ogg|oga|opus|wav|flac|aac|wma|mp4|m4v|mov|webm"
    r"|ogv|avi|wmv|mkv|mpe?g|3gp"
)
_DOCUMENTS = "pdf|docx?|odt|rtf|xlsx?|ods|csv|pptx?|odp|epub|txt|zip|gz|tar|7z|rar|kml|gpx"
_FILE = re.compile(rf"\.(?:(?P<media>{_MEDIA})|{_DOCUMENTS})$", re.IGNORECASE)


def is_file(url: str, *, media: bool = False) -> bool:
    """Return whether `url` ends in the name of an image, audio, video or document file; with `media`, of no document."""
    try:
        found = _FILE.search(urlsplit(url).path)
    except ValueError:
        return False
    return found is not None and bool(found["media"] or not media)


_PHOTON = re.compile(r"https?://i[0-9]\.wp\.com/(?P<url>[^?#]+\.[^?#]+)(?:\?(?P<query>[^#]*))?", re.IGNORECASE)
# Proxies whose path contains the origin's whole URL.
_INSIDE = re.compile(
    r"https?://(?:[\w-]+\.)?(?>(?:res\.cloudinary\.com/[^?#]*?/fetch|cdn\.shortpixel\.ai|i\.optimole\.com|images\.weserv\.nl"
    r"|[^/?#]+/cdn-cgi/image|imagecdn\.app|wsrv\.nl|cdn\.statically\.io/img)\b)[^?#]*?/(?P<url>https?:/{1,2}[^?#]+)",
    re.IGNORECASE,
)
_QUERY_PROXY = re.compile(r"https?://(?:images\.weserv\.nl|wsrv\.nl)/\?(?:[^#]*&)?url=(?P<url>[^&#]+)", re.IGNORECASE)
# Occurs in every URL of the proxies above.
_PROXIED = re.compile(
    r"\.wp\.com/|cloudinary|shortpixel|optimole|weserv|wsrv|/cdn-cgi/|imagecdn|statically|\.files\.wordpress",
    re.IGNORECASE,
)
_SIZED_HOST = re.compile(r"https?://[\w-]+\.files\.wordpress\.com/", re.IGNORECASE)


def unwrapped(url: str) -> str:
    """Return the original URL if `url` is a known image proxy's (such as Photon); else `url` unchanged."""
    found = _PHOTON.match(url)
    if found:
        scheme = "https" if "ssl=1" in (found["query"] or "").split("&") else "http"
        return f"{scheme}://{found['url']}"
    found = _INSIDE.match(url)
    if found:
        return re.sub(r"^(https?):/+", r"\1://", found["url"])
    found = _QUERY_PROXY.match(url)
    if found:
        inner = unquote(found["url"])
        return inner if inner.startswith(("http://", "https://")) else f"http://{inner}"
    return url.partition("?")[0] if _SIZED_HOST.match(url) else url


@dataclass(frozen=True, slots=True)
class Upload:
    """What the URL of a WordPress upload shows: its site, its folder, its name, and the file it was made from.

    `home` is the presumed home of that site, `folder` the part between `uploads/` and the name, `parent` the name of
    the uploaded file.
    """

    home: str
    folder: str
    name: str
    parent: str

    @property
    def host(self) -> str:
        """The host of the file."""
        return host_of(self.home)

    @property
    def slugs(self) -> tuple[str, ...]:
        """The attachment's possible slugs, likeliest first."""
        return tuple(_slugs(self.parent))


_UPLOAD = re.compile(
    r"(?P<home>https?://[^/?#]+(?:/[^?#]*?)?)/(?:wp-content/uploads|files)/"
    r"(?P<folder>(?:sites/\d+/)?(?:\d{4}/\d\d/)?)(?P<name>[^/?#]+)",
    re.IGNORECASE,
)
_SUBSIZE = re.compile(r"-\d{1,5}x\d{1,5}(?=\.[^.]+$)")
_PROCESSED = re.compile(r"-(?:scaled|rotated|e\d{10,14})(?=\.[^.]+$)")
_PREVIEW = re.compile(r"-pdf\.jpg$", re.IGNORECASE)
_NO_SLUG = re.compile(r"[^\w-]+", re.UNICODE)


def upload_of(url: str) -> Upload | None:
    """Parse `url` as a WordPress upload, through any image proxy; None if it is none."""
    shown = url.lower()
    if "/uploads/" not in shown and "/files/" not in shown and "%2f" not in shown:
        return None  # most are not, and the test must be cheap
    file = unwrapped(url) if _PROXIED.search(url) else url
    found = _UPLOAD.match(file)
    if not found or not url_key(file):
        return None
    if not re.search(r"/wp-content/uploads/", found[0], re.IGNORECASE) and not found["folder"]:
        return None
    name = unquote(found["name"])
    parent = _parent(name)
    return Upload(f"{found['home']}/", found["folder"], name, parent)


def _parent(name: str) -> str:
    """Return the uploaded file's name: `name-150x150.png` becomes `name.png`; suffixes of image processing go too."""
    name = _SUBSIZE.sub("", name)
    name = _PREVIEW.sub(".pdf", name)
    return _PROCESSED.sub("", name)


def _slugs(parent: str) -> Iterator[str]:
    """Yield slugs as `sanitize_title` makes them from a file's name; a name already in use got `-1` appended."""
    stem = parent.rpartition(".")[0] or parent
    slug = re.sub(r"-+", "-", _NO_SLUG.sub("-", stem.lower().replace(".", "-"))).strip("-")
    if slug:
        yield slug
        shorter = re.sub(r"-\d{1,2}$", "", slug)
        if shorter != slug:
            yield shorter
