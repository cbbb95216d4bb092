"""URLs with a signature: the same file under another address whenever it is asked for, as storage services make them.

Their query says until when the address holds and who vouches for that; nothing of it says which file it is. Sources: the
documentation of S3 and CloudFront, Google Cloud Storage, Azure (SAS), Alibaba OSS, Akamai (EdgeAuth), Bunny.
"""

from wparchive.urls import url_key

__all__ = ["file_key", "is_signed", "unsigned"]

# Names that stand in signed addresses alone.
_SIGNATURES = frozenset(
    (
        *("x-amz-signature", "x-goog-signature", "x-oss-signature", "x-tos-signature", "signature", "sig", "hdnts"),
        *(
            "hdnea",
            "hdntl",
            "__token__",
            "auth_key",
            "key-pair-id",
            "googleaccessid",
            "awsaccesskeyid",
            "ossaccesskeyid",
        ),
    )
)
# Names that mean one thing or another, except together.
_MAYBE = frozenset(("token", "hmac", "sign", "hash", "verify", "md5", "policy", "st", "s", "key", "bcdn_token"))
_UNTIL = frozenset(
    ("expires", "expire", "expiry", "exp", "x-amz-expires", "x-amz-date", "ttl", "validity", "valid_until")
)


def is_signed(query: str) -> bool:
    """Whether a query, `&` spelled as in URLs or as in HTML, is a signature."""
    for ampersand in ("&amp;", "&#038;", "&#38;"):
        query = query.replace(ampersand, "&")
    names = {pair.partition("=")[0].lower() for pair in query.partition("#")[0].split("&") if "=" in pair}
    return not names.isdisjoint(_SIGNATURES) or not (names.isdisjoint(_MAYBE) or names.isdisjoint(_UNTIL))


def unsigned(url: str) -> str:
    """`url` without its query where that is a signature."""
    address, mark, query = url.partition("?")
    return address if mark and is_signed(query) else url


def file_key(url: str) -> str:
    """What names the file at `url`, whatever signature it is named with; "" for a URL that can't be asked for."""
    return unsigned(url_key(url))
