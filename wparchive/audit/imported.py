"""The checks of an exchange that another tool captured and `import` took: its records as they were then, and all of them."""

from collections.abc import Iterator, Mapping, Sequence

from wparchive.audit.measure import ANSWERS, Seen

__all__ = ["taken_faults"]


def taken_faults(
    metadata: Seen, group: Sequence[Seen], fields: Mapping[str, str], *, doubtful: bool
) -> Iterator[tuple[Seen, str, str]]:
    """Yield record, kind and message of each fault in an exchange whose `metadata` has these `fields`.

    `doubtful`: one of its records is damaged, which is reported already.
    """
    answer = next((one for one in group if one.record.type in ANSWERS), None)
    asked = any(one.record.type == "request" for one in group)
    if (answer is None or ("request-member" in fields and not asked)) and not doubtful:
        yield metadata, "pair", "a record of its exchange is missing"
    if answer and answer.record.record_id not in metadata.headers.ids("WARC-Concurrent-To"):
        yield metadata, "pair", "doesn't name the record that it belongs with"
    if answer and "response-member" not in fields:
        yield metadata, "framing", "nothing in it vouches for the record that it belongs with"
