"""Signed URLs of storage services, in which the same file has a new address on every request.

The query says until when the address is valid and who signed it; none of it identifies the file. It covers the forms of
S3 and CloudFront, Google Cloud Storage, Azure (SAS), Alibaba OSS, Akamai (EdgeAuth) and Bunny.
"""

from wparchive.urls import url_key

__all__ = ["file_key", "is_signed", "unsigned"]

# Parameters that occur only in signed URLs.
_CERTAIN = """
x-amz-signature x-goog-signature x-oss-signature x-tos-signature signature sig hdnts hdnea hdntl __token__ auth_key
key-pair-id googleaccessid awsaccesskeyid ossaccesskeyid
"""
_SIGNATURES = frozenset(_CERTAIN.split())
# Parameters that are ambiguous by themselves: one of each set is required.
_MAYBE = frozenset(("token", "hmac", "sign", "hash", "verify", "md5", "policy", "st", "s", "key", "bcdn_token"))
_DATES = "expires expire expiry exp x-amz-expires x-amz-date ttl validity valid_until"
_UNTIL = frozenset(_DATES.split())


def is_signed(query: str) -> bool:
    """Return whether a query is a signature; `&` may be spelled as in URLs or as in HTML."""
    for ampersand in ("&amp;", "&#038;", "&#38;"):
        query = query.replace(ampersand, "&")
    names = {pair.partition("=")[0].lower() for pair in query.partition("#")[0].split("&") if "=" in pair}
    return not names.isdisjoint(_SIGNATURES) or not (names.isdisjoint(_MAYBE) or names.isdisjoint(_UNTIL))


def unsigned(url: str) -> str:
    """Return `url` without its query if that is a signature."""
    address, mark, query = url.partition("?")
    return address if mark and is_signed(query) else url


def file_key(url: str) -> str:
    """Return the key of the file at `url`, without any signature; "" if the URL cannot be requested."""
    return unsigned(url_key(url))
