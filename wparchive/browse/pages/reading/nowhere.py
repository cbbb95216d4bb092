"""Every other address below ours: a sentence and the way back."""

from typing import Any, NoReturn

from wparchive.browse.web import Refused, opened

__all__ = ["page"]


async def page(request: Any, datasette: Any) -> NoReturn:
    """Say that there is no such page; of an archive that isn't here, or is closed, that."""
    await opened(request, datasette)
    raise Refused(404, "There is no page at this address. It may be cut off, or of a newer version of this program.")
