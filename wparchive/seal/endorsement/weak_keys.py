"""Ed25519 public keys of small order, with which one signature fits every text: OpenSSH takes them, we don't.

The curve has eight points of such an order. Each is written in one way or, where a reader doesn't insist on the least
number, in two; the sign bit says nothing where x is 0, so both are refused. Source: RFC 8032, section 5.1.
"""

import base64
import binascii
import struct
from typing import Final

__all__ = ["is_weak"]

_P: Final = 2**255 - 19
_ORDER_8: Final = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826  # a y of the four points of order 8
)
_YS: Final = {0, 1, _P - 1, _ORDER_8, _P - _ORDER_8, _P, _P + 1}
_SIGN: Final = 1 << 255
_KIND: Final = ("ssh-ed25519", "sk-ssh-ed25519@openssh.com")


def is_weak(key: str) -> bool:
    """Whether the public key `ssh-ed25519 AAAA...` is a point of small order, or can't be read as a point at all."""
    kind, _, text = key.partition(" ")
    if kind not in _KIND:
        return False
    try:
        blob = base64.b64decode(text, validate=True)
        (size,) = struct.unpack_from(">I", blob, 0)
        (length,) = struct.unpack_from(">I", blob, 4 + size)
        point = blob[8 + size : 8 + size + length]
    except (binascii.Error, struct.error):
        return True
    return len(point) != 32 or int.from_bytes(point, "little") & ~_SIGN in _YS
