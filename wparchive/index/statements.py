"""The indexer's SQL for writing, built once from the schema; names in it come from nowhere else."""
# ruff: noqa: S608 - names of tables can't be parameters

from collections.abc import Iterable

from wparchive.index.item_types import of_type
from wparchive.index.schema import FULL_TEXT, ITEM_TABLES, TABLES

__all__ = [
    "EARLIER",
    "FORGET",
    "FORGET_ALL_WORDS",
    "FORGET_SITE",
    "GONE",
    "HELD",
    "KNOWN",
    "LINKS",
    "MERGE",
    "MOVED",
    "PAGE_RENEWED",
    "PARTS",
    "RENEWED",
    "SEEN",
    "SHARED",
    "STANDING",
    "STILL_GONE",
    "STOOD",
    "UPSERT",
    "VERSION",
    "WAITING",
    "forget_words",
    "insert",
    "last_row",
    "learn_words",
    "of_item",
    "upsert",
]

# A row's first sighting stays and its last one only grows: the files of one run need not be in time order.
_SPECIAL = {
    "first_seen": None,
    "last_seen": "last_seen = max(last_seen, excluded.last_seen)",
    # A written row exists again, whatever a merge keeps of it.
    **{name: f"{name} = NULL" for name in ("gone", "gone_since", "missing_since")},
    # The list that shows an item may say in which language it is; reading the item alone need not.
    "language": "language = coalesce(excluded.language, language)",
}


def insert(table: str, columns: Iterable[str] | None = None, *, verb: str = "INSERT") -> str:
    """Return an INSERT with named parameters for all columns of `table`, or for `columns`."""
    names = list(columns or TABLES[table].columns)
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"{verb} INTO {table} ({quoted}) VALUES ({', '.join(f':{name}' for name in names)})"


def upsert(table: str, columns: Iterable[str] | None = None, *, merge: bool = False, where: str = "") -> str:
    """Return an INSERT that overwrites the row with the same key; with `merge`, NULL overwrites nothing."""
    names = list(columns or TABLES[table].columns)
    key = TABLES[table].key
    new = 'coalesce(excluded."{0}", "{0}")' if merge else 'excluded."{0}"'
    changes = [_SPECIAL.get(name, f'"{name}" = {new.format(name)}') for name in names if name not in key]
    target = ", ".join(f'"{name}"' for name in key)
    changed = ", ".join(filter(None, changes))
    return f"{insert(table, names)} ON CONFLICT ({target}) DO UPDATE SET {changed}{where and f' WHERE {where}'}"


_OF_ITEM = "site = :site AND type = :type AND wp_id = :wp_id"


def of_item(table: str, alias: str = "") -> str:
    """Return the condition for items of `table` with the site :site and the type :type."""
    return f"{alias and f'{alias}.'}site = :site AND {of_type(table, alias=alias)}"


def _language(table: str) -> str:
    return "language" if "language" in ITEM_TABLES[table].columns else "NULL"


def _counted(table: str) -> str:
    return "revision_count, predecessor_version" if ITEM_TABLES[table].counts_revisions else "NULL, NULL"


UPSERT = {table: upsert(table) for table in ITEM_TABLES}
# Parameters :site, :type, and :ids, a JSON array; columns as in `item_writer.Known`.
KNOWN = {
    table: f"SELECT wp_id, payload_sha256, partial, privilege, gone, {_counted(table)}, "
    f"max(last_seen, coalesce(gone_since, '')), {_language(table)}, last_seen FROM {table} "
    f"WHERE {of_item(table)} AND wp_id IN (SELECT value FROM json_each(:ids))"
    for table in ITEM_TABLES
}
SEEN = {
    table: f"UPDATE {table} SET last_seen = max(last_seen, :seen), gone = NULL, gone_since = NULL, missing_since = NULL "
    f"WHERE {of_item(table)} AND wp_id IN (SELECT value FROM json_each(:ids))"
    for table in ITEM_TABLES
}
# What was shown before the row was last seen, or shown to be gone; parameters :seen, :capture, :digest, :privilege and the key.
EARLIER = {
    table: (
        f"UPDATE {table} SET first_seen = min(first_seen, :seen), last_seen = max(last_seen, :seen) "
        f"WHERE {of_item(table)} AND wp_id = :wp_id",
        f"UPDATE versions SET first_seen = :seen, capture = :capture WHERE {_OF_ITEM} AND payload_sha256 = :digest "
        "AND first_seen > :seen AND privilege = :privilege",
    )
    for table in ITEM_TABLES
}
# A row that stays gone, whatever was shown before.
STILL_GONE = {
    table: f"UPDATE {table} SET gone = :gone, gone_since = :gone_since, missing_since = :missing_since "
    f"WHERE {of_item(table)} AND wp_id = :wp_id"
    for table in ITEM_TABLES
}
GONE = {
    table: f"SELECT gone, gone_since, missing_since FROM {table} WHERE {of_item(table)} AND wp_id = :wp_id"
    for table in ITEM_TABLES
}
# Items that the lists of several languages show.
SHARED = {
    table: f"UPDATE {table} SET language = '*' WHERE {of_item(table)} AND wp_id IN (SELECT value FROM json_each(:ids))"
    for table in ITEM_TABLES
    if "language" in ITEM_TABLES[table].columns
}
# Changes without a new version of the item; parameters :count, :newest, :site, :type, :wp_id.
MOVED = {
    table: f"UPDATE {table} SET revision_count = :count, predecessor_version = :newest "
    f"WHERE {of_item(table)} AND wp_id = :wp_id"
    for table, one in ITEM_TABLES.items()
    if one.counts_revisions
}
# A row from a response with selected fields: fields that it lacks keep their earlier values.
MERGE = {table: upsert(table, merge=True) for table in ITEM_TABLES}

# The first capture of a version stays its evidence, unless it needed credentials and a later one did not.
VERSION = (
    insert("versions") + " ON CONFLICT (site, type, wp_id, payload_sha256) DO UPDATE SET "
    "last_seen = max(last_seen, excluded.last_seen), privilege = min(privilege, excluded.privilege), "
    "capture = CASE WHEN privilege > excluded.privilege THEN excluded.capture ELSE capture END"
)
WAITING = (
    f"INSERT INTO _wparchive_pending VALUES ({', '.join('?' * len(TABLES['_wparchive_pending'].columns))}) "
    "ON CONFLICT (site, type, wp_id) DO UPDATE SET "
    "links = coalesce(excluded.links, links), before = coalesce(before, excluded.before), "
    "gone = coalesce(gone, excluded.gone), capture = coalesce(excluded.capture, capture), "
    "old_raw = coalesce(old_raw, excluded.old_raw), old_capture = coalesce(old_capture, excluded.old_capture)"
)
# The existing row of an item; parameters :site, :type, :wp_id.
STANDING = {
    table: f"SELECT capture, raw FROM {table} WHERE {of_item(table)} AND wp_id = :wp_id" for table in ITEM_TABLES
}
# When the existing row was true: its own date, when it was gone, its capture's time and age.
STOOD = {
    table: f"SELECT {'modified_gmt' if 'modified_gmt' in one.columns else 'NULL'}, r.gone_since, k.captured_at, k.age "
    f"FROM {table} r JOIN captures k ON k.capture = r.capture WHERE {of_item(table, 'r')} AND r.wp_id = :wp_id"
    for table, one in ITEM_TABLES.items()
}
# Digests made under other noise are replaced by those of the same content under this run's noise.
RENEWED = (
    "UPDATE OR IGNORE versions SET payload_sha256 = :new, text_sha256 = :text "
    "WHERE site = :site AND type = :type AND wp_id = :wp_id AND payload_sha256 = :old"
)
PAGE_RENEWED = (
    "UPDATE pages SET payload_sha256 = :new "
    "WHERE site = :site AND type = :type AND wp_id = :wp_id AND payload_sha256 = :old"
)

# Rows of which an item has several; rewritten when it changes. Written by position, which is a quarter cheaper.
FORGET = tuple(f"DELETE FROM {table} WHERE {_OF_ITEM}" for table in ("post_terms", "outbound", "translations"))
PARTS = {
    "post_terms": "INSERT OR IGNORE INTO post_terms VALUES (?, ?, ?, ?, ?)",
    "outbound": "INSERT OR IGNORE INTO outbound VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "translations": (
        "INSERT OR IGNORE INTO translations (site, type, wp_id, language, url, how, target, capture) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    ),
}
LINKS = "INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
# The capture that holds an item completely, and is itself complete; parameters :site, :type, :wp_id.
HELD = {
    table: f"SELECT r.capture FROM {table} r LEFT JOIN captures k ON k.capture = r.capture "
    f"WHERE {of_item(table, 'r')} AND r.wp_id = :wp_id AND NOT r.partial "
    "AND k.truncated IS NULL AND coalesce(k.verdict, 'answered') = 'answered'"
    for table in ITEM_TABLES
}
FORGET_SITE = tuple(
    f"DELETE FROM {table.name} WHERE "
    + ("site = :site" if "site" in table.columns else "warc > :site || '/' AND warc < :site || '0'")
    for table in TABLES.values()
    if {"site", "warc"} & set(table.columns)
)

# Rows read with credentials are not searchable, because the database may be handed on.
_PUBLIC = "privilege = 'anonymous'"
FORGET_ALL_WORDS = tuple(f"INSERT INTO {name} ({name}) VALUES ('delete-all')" for name in FULL_TEXT)


def last_row(table: str) -> str:
    """Return the query for the highest rowid of `table`."""
    return f"SELECT coalesce(max(rowid), 0) FROM {table}"


def forget_words(table: str) -> str:
    """Return the statement that removes one row's words before they change; :mark is the last rowid in the search table."""
    fts, columns = TABLES[table].fts, ", ".join(TABLES[table].search)
    return (
        f"INSERT INTO {fts} ({fts}, rowid, {columns}) SELECT 'delete', rowid, {columns} FROM {table} "
        f"WHERE {of_item(table)} AND wp_id = :wp_id AND rowid <= :mark AND {_PUBLIC}"
    )


def learn_words(table: str, *, one: bool) -> str:
    """Return the statement that adds one row's words again, or those of all rows beyond :mark."""
    fts, columns = TABLES[table].fts, ", ".join(TABLES[table].search)
    which = f"{of_item(table)} AND wp_id = :wp_id AND rowid <= :mark" if one else "rowid > :mark"
    return f"INSERT INTO {fts} (rowid, {columns}) SELECT rowid, {columns} FROM {table} WHERE {which} AND {_PUBLIC}"
