"""Every wrong input: which exit code, and one line that says what is wrong, where, and what is the nearest right one.

Run in one process, on an archive of a small site: nothing is started, nothing is made, and no request is sent.
"""

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import click
import frugal
import pytest
from crawlkit import SMALL, invoke
from fakewp import FakeWordPress

from wparchive.cli import cli as group
from wparchive.cli import main
from wparchive.cli.display import print_report
from wparchive.cli.housekeeping.manual import leaves
from wparchive.config import Settings, load
from wparchive.crawl.report import RunReport
from wparchive.errors import ConfigError, ExitCode, scarcity, way_out
from wparchive.wordpress.discovery.site_state import SiteState

SITE = "https://example.org/"
BEYOND = "9223372036854775808"


class Row(NamedTuple):
    """What is typed, a part of the line that answers, the exit code."""

    arguments: tuple[str, ...]
    says: str
    code: ExitCode = ExitCode.USAGE


def crawl(*options: str) -> tuple[str, ...]:
    return ("crawl", SITE, *options)


def key(name: str) -> list[Row]:
    """Wrong names of items, which every command that takes one answers alike."""
    return [
        Row((name, ""), "is empty"),
        Row((name, "  "), "is empty"),
        Row((name, "\udcff/post/1"), "not text"),
        Row((name, "a\x1b/post/1"), "not text"),
        Row((name, f"SITE/post/{BEYOND}"), "no item has such an id"),
        Row((name, "SITE/post/999"), "no such item in the archive"),
        Row((name, "SITX/post/1"), "did you mean SITE?"),
        Row((name, "SITE/psot/1"), "did you mean post?"),
    ]


def unnumbered(name: str) -> list[Row]:
    return [
        Row((name, "SITE/post/\u0667"), "name an item as SITE/TYPE/ID"),
        Row((name, "SITE/post/-1"), "no such item in the archive"),  # what only a feed has shown may have such an id
        Row((name, "SITE/post/1.0"), "name an item as SITE/TYPE/ID"),
    ]


def number(command: tuple[str, ...], option: str, *, whole: bool, least: str) -> list[Row]:
    """What is no number, for each option that takes one."""
    kind = "not a whole number" if whole else "not a number"
    none = ("", " ", "\u0664", "1_0", "nan", "inf", "0x10", "1,5", "many") + (("1.5",) if whole else ())
    return [
        *(Row((*command, option, value), kind) for value in none),
        Row((*command, option, "-1"), least),
        Row(
            (*command, option, "9" * 18 if whole else "1e300"),
            "not in the range" if option in ("--near", "--limit", "--port") else "at most",
        ),
    ]


def choice(option: str, right: str) -> list[Row]:
    return [
        Row(crawl(option, ""), "is not one of"),
        Row(crawl(option, right.upper()), f"did you mean {right}?"),
        Row(crawl(option, f"{right} "), f"did you mean {right}?"),
        Row(crawl(option, "\u0666"), "is not one of"),
    ]


FOLDERS = [
    row
    for name, more in (
        ("status", ()),
        ("index", ()),
        ("verify", ()),
        ("show", ("a/post/1",)),
        ("crawl", (SITE,)),
        ("forget", ("a", "--yes")),
        ("rename", ("a", "b")),
        ("check-config", ("sites.toml",)),
    )
    for row in (
        Row((name, *more, "-a", ""), "is empty"),
        Row((name, *more, "-a", "file"), "is none; name another"),
        Row((name, *more, "-a", "file/below"), "is none; name another"),
        Row((name, *more, "-a", "pipe"), "is none; name another"),
        Row((name, *more, "-a", "x" * 300), "File name too long"),
    )
]
TARGETS = [
    Row(("crawl", ""), "no address"),
    Row(("crawl", "  "), "no address"),
    Row(("crawl", "http:/example.org"), "write it as http://example.org"),
    Row(("crawl", "https:example.org"), "write it as https://example.org"),
    Row(("crawl", "HTTPS//example.org"), "write it as https://example.org"),
    Row(("crawl", "http;//example.org/blog"), "write it as http://example.org/blog"),
    Row(("crawl", "https:///example.org"), "write it as https://example.org"),
    Row(("crawl", "http://exa mple.org/"), "a space in the name of its host"),
    Row(("crawl", "exa mple.org"), "a space in the name of its host"),
    Row(("crawl", "/etc/hosts"), "a path, not a web address"),
    Row(("crawl", "./site"), "a path, not a web address"),
    Row(("crawl", "sites.toml"), "--config sites.toml"),
    Row(("crawl", "https://me:hunter2@example.org/"), "credentials don't belong into the address"),
    Row(("crawl", "me:hunter2@example.org"), "credentials don't belong into the address"),
    Row(("crawl", "http://[::1"), "not a proper host name"),
    Row(("crawl", "https://example.org:99999/"), "not a proper port"),
    Row(("crawl", "https://example.org:\u0668\u0660/"), "not a proper host name"),
    Row(("crawl", "https://example..org/"), "not a proper host name"),
    Row(("crawl", "ftp://example.org/"), "not an http or https URL"),
    Row(("crawl", "https://" + "a" * 9000), "longer than"),
    Row(("crawl", "https://exa\x00mple.org/"), "control characters"),
]
CRAWL = [
    *number(crawl(), "--delay", whole=False, least="--delay must be at least 0"),
    *number(crawl(), "--max-time", whole=False, least="--max-time must be at least 0"),
    *number(crawl(), "--concurrency", whole=True, least="--concurrency must be at least 1"),
    *number(crawl(), "--jobs", whole=True, least="--jobs must be at least 1"),
    *number(crawl(), "--retries", whole=True, least="--retries must be at least 0"),
    *number(crawl(), "--max-requests", whole=True, least="--max-requests must be at least 1"),
    *number(crawl(), "--pages-budget", whole=True, least="--pages-budget must be at least 0"),
    *choice("--media", "none"),
    *choice("--pages", "none"),
    *choice("--languages", "own"),
    *choice("--scope", "post"),
    *choice("--dedup", "archive"),
    *choice("--if-locked", "skip"),
    Row(crawl("--contact", ""), "--contact is empty"),
    Row(crawl("--contact", " "), "--contact is empty"),
    Row(crawl("--contact", "a\nb"), "on one line"),
    Row(crawl("--user", ""), "--user is empty"),
    Row(crawl("--user", "editor"), "--user goes with one of --password-env"),
    Row(crawl("--user", "a:b", "--password-env", "HOME"), "without a colon"),
    Row(crawl("--user", "a", "--password-env", ""), "--password-env is empty"),
    Row(crawl("--user", "a", "--password-env", "A=B"), "name of an environment variable"),
    Row(crawl("--user", "a", "--password-env", "abcd efgh ijkl mnop qrst uvwx"), "looks like the password itself"),
    Row(crawl("--user", "a", "--password-file", "abcdEFGHijklMNOPqrstUVWX"), "looks like the password itself"),
    Row(crawl("--user", "a", "--password-file", ""), "--password-file is empty"),
    Row(crawl("--allow-origin", ""), "no address"),
    Row(crawl("--allow-origin", "a.example"), "write it as https://a.example"),
    Row(crawl("--allow-origin", "https://a.example/blog"), "write it as https://a.example"),
    Row(crawl("--allow-origin", "http://a b"), "a space"),
    Row(crawl("--site-name", ""), "no name for a folder"),
    Row(crawl("--site-name", "a/b"), "no name for a folder"),
    Row(crawl("--site-name", "\udcff"), "it isn't text"),
    Row(crawl("--site", "example"), "--site picks from the sites of a --config FILE"),
    Row(("crawl", "--config", ""), "is empty"),
    Row(("crawl", "--config", "missing.toml"), "can't be read"),
    Row(("crawl", "--config", "folder"), "can't be read (Is a directory)"),
    Row(("crawl", "--config", "pipe"), "a named pipe"),
    Row(("crawl", "--config", "/dev/zero"), "larger than any configuration"),
    Row(("crawl", "--config", "file"), "not valid TOML"),
    Row(("crawl", "--config", "sites.toml", "--site", "exmaple"), "did you mean example?"),
    Row(("crawl", "--config", "sites.toml", "--site", ""), "no site"),
    Row(("crawl", "--config", "unset.toml"), "example: the environment variable NOT_SET_ANYWHERE isn't set"),
    Row(("crawl", "--config", "no-file.toml"), "example: "),
    Row(("crawl", "--config", "one-name.toml"), "are both called example"),
]
HOUSEKEEPING = [
    Row(("init", ""), "is empty"),
    Row(("init", "file"), "is there already"),
    Row(("init", "folder"), "not an ordinary file"),
    Row(("init", "pipe"), "not an ordinary file"),
    Row(("init", "missing/sites.toml"), "no folder missing"),
    Row(("init", "x" * 300), "File name too long"),
    Row(("check-config",), "Missing argument"),
    Row(("check-config", ""), "is empty"),
    Row(("check-config", "missing.toml"), "can't be read"),
    Row(("check-config", "folder"), "can't be read (Is a directory)"),
    Row(("check-config", "pipe"), "a named pipe"),
    Row(("check-config", "file"), "not valid TOML"),
    Row(("forget", "SITE/", "--yes"), "no such site"),
    Row(("forget", "", "--yes"), "no such site"),
    Row(("forget", "SITX", "--yes"), "did you mean SITE?"),
    Row(("forget", "\udcff", "--yes"), "no such site"),
    Row(("forget", "..", "--yes"), "no such site"),
    Row(("forget", "a", "--yes", "-a", "none"), "no archive there"),
    Row(("rename", "SITX", "new"), "did you mean SITE?"),
    Row(("rename", "a", "b/c"), "no name for a folder"),
    Row(("rename", "a", "\udcff"), "it isn't text"),
    Row(("rename", "a", "b", "-a", "none"), "no archive there"),
    Row(("rename", "a"), "Missing argument"),
    Row(("completion", ""), "is not one of"),
    Row(("completion", "fsh"), "did you mean fish?"),
    Row(("completion", "BASH"), "did you mean bash?"),
    Row(("man", "crawl"), "unexpected extra argument"),
    Row(("frogte",), "did you mean forget?"),
    Row(("check_config", "sites.toml"), "did you mean check-config?"),
]
OTHERS = [
    Row(("staus",), "did you mean status?"),
    Row(("CRAWL",), "did you mean crawl?"),
    Row(("",), "No such command"),
    Row(("crawl", "--medai", "none"), "--media"),
    *(row for name in ("show", "history", "trace") for row in key(name) + unnumbered(name)),
    *(
        row._replace(arguments=("changes", "--item", row.arguments[1]))
        for row in key("changes") + unnumbered("changes")
    ),
    *(
        Row(("changes", "--since", wrong), "no time")
        for wrong in ("", "7", "soon", "-7d", "\u0667d", "2026-02-30", "\udcff")
    ),
    *(Row(("changes", "--kind", wrong), "no such kind") for wrong in ("", "delted", "deleted,", "\udcff")),
    *(Row(("changes", "--site", wrong), "not in this archive") for wrong in ("", "SITX", "\udcff")),
    *(Row(("changes", "--match", wrong), "no word to look for") for wrong in ("", "  ")),
    *(Row(("changes", "--since", "last", "--reader", wrong), "no name") for wrong in ("", "a\nb", "\udcff")),
    Row(("changes", "--reader", "desk"), "--since last"),
    Row(("find", ""), "no word in it"),
    Row(("find", "-fog"), "beside those"),
    Row(("find", "\udcff"), "no word in it"),
    *(Row(("find", "fog", "--site", wrong), "not in this archive") for wrong in ("", "SITX", "\udcff")),
    *(
        Row(("find", "fog", "--type", wrong), "no such type is searched")
        for wrong in ("", "posts", "category", "\udcff")
    ),
    *(Row(("find", "fog", "--limit", wrong), "not a whole number") for wrong in ("", "1.5", "many", "\u0664")),
    *(Row(("find", "fog", "--limit", wrong), "not in the range") for wrong in ("0", "-1", "10001")),
    *(
        Row(("history", "SITE/post/1", "--since", wrong), "no time")
        for wrong in ("", "7", "last", "soon", "-7d", "2026-02-30", "\udcff")
    ),
    *(
        Row(("history", "SITE/post/1", "--context", wrong), "not a whole number")
        for wrong in ("", "1.5", "\u0664", "all")
    ),
    *(Row(("history", "SITE/post/1", "--context", wrong), "not in the range") for wrong in ("-1", "1000001")),
    *(
        Row(("history", "SITE/post/1", "--between", "1", wrong), "no such version")
        for wrong in ("", "0", "99", "v99", "r1", "-1", "\u0661", "newest", "deadbeef", "9" * 30, "\udcff", "a\x1b[2J")
    ),
    *(
        Row(("history", "SITE/post/1", "--between", wrong, "1"), "no time")
        for wrong in ("2026-02-30", "2026-01-01T99:00")
    ),
    Row(("history", "SITE/post/1", "--between", "1999-01-01", "1"), "first seen later"),
    Row(("history", "SITE/post/1", "--between", "1", "1", "--since", "7d"), "choose one of them"),
    *key("find-image")[2:3],
    *(row._replace(arguments=("find-image", row.arguments[1])) for row in key("find-image")[4:]),
    *(Row(("find", wrong), "") for wrong in ("", "  ", "\udcff")),
    *(Row(("find", "word", "--site", wrong), "not in this archive") for wrong in ("", "SITX", "\udcff")),
    *(Row(("find", "word", "--type", wrong), "") for wrong in ("", "psot", "\udcff")),
    *number(("find", "word"), "--limit", whole=True, least="not in the range"),
    Row(("publish", ""), "is empty"),
    Row(("publish", "folder"), "not an ordinary file"),
    Row(("publish", "pipe"), "not an ordinary file"),
    Row(("publish", "missing/x.db"), "no folder missing"),
    Row(("publish", "x" * 300), "File name too long"),
    Row(("publish", "file"), "no database; name another file"),
    Row(("publish", "archive/archive.db"), "the archive's own files"),
    Row(("publish", "archive/archive.db.new"), "the archive's own files"),
    Row(("publish", "archive/.index.lock"), "the archive's own files"),
    Row(("publish", "archive/SITE/frontier.db"), "the archive's own files"),
    Row(("publish", "archive/SITE/warc/new.warc.gz"), "the archive's own files"),
    Row(("export",), "no FORMAT; name one of cdxj"),
    Row(("export", ""), "is not"),
    Row(("export", "cdjx"), "did you mean cdxj?"),
    Row(("export", "cdxj", "--table", "posts"), "it goes with jsonl"),
    *(Row(("export", "jsonl", "--table", wrong), "no such table") for wrong in ("", "_wparchive_files", "\udcff")),
    Row(("export", "jsonl", "--table", "psots"), "did you mean posts?"),
    Row(("export", "jsonl", "--table", "POSTS"), "did you mean posts?"),
    *(Row(("export", "cdxj", "--site", wrong), "not in this archive") for wrong in ("", "SITX", "\udcff")),
    Row(("export", "cdxj", "--output", ""), "is empty"),
    Row(("export", "cdxj", "--output", "folder"), "not an ordinary file"),
    Row(("export", "cdxj", "--output", "pipe"), "not an ordinary file"),
    Row(("export", "cdxj", "--output", "missing/x.cdxj"), "no folder missing"),
    Row(("export", "cdxj", "--output", "x" * 300), "File name too long"),
    Row(("export", "cdxj", "--output", "archive/archive.db"), "the archive's own files"),
    Row(("export", "cdxj", "--output", "archive/SITE/warc/new.warc.gz"), "the archive's own files"),
    Row(("export", "wacz"), "name the file to write"),
    *(Row(("export", "wacz", "-o", "x.wacz", "--run", wrong), "no such run") for wrong in ("", "x", "\udcff")),
    Row(("export", "wacz", "-o", "x.wacz", "--item", ""), "is empty"),
    Row(("export", "wacz", "-o", "x.wacz", "--item", "SITE/post/999999999"), "no such item"),
    Row(("export", "wacz", "-o", "x.wacz", "--item", "SITE/post/1", "--run", "x"), "leave out --site and --run"),
    Row(("export", "--item", "SITE/post/999"), "no such item in the archive"),
    Row(("export", "--item", "SITX/post/1"), "did you mean SITE?"),
    Row(("export", "--item", "SITE/post/1", "--site", "x"), "--site: not for an evidence package"),
    Row(("export", "--item", "SITE/post/1", "-o", "folder"), "not an ordinary file"),
    Row(("export", "--item", "SITE/post/1", "-o", "missing/x.zip"), "no folder missing"),
    *(
        Row(("export", "--change", wrong), "no such change")
        for wrong in ("0", "999", "-1", BEYOND, "urn:uuid:x", "\udcff")
    ),
    Row(("export", "--change", "1", "--item", "SITE/post/1"), "the change names its item"),
    Row(("export", "cdxj", "--change", "1"), "--change: not for cdxj"),
    Row(("export", "cdxj", "--alone"), "--alone: not for cdxj"),
    Row(("verify", "missing.zip"), "no such file"),
    Row(("verify", "folder/full/mine"), "neither a folder nor a zip"),
    Row(("verify", "folder"), "neither an evidence package nor a WACZ"),
    Row(("verify", "--expect", "missing"), "can't be read"),
    Row(("verify", "--expect", "folder/full/mine"), "no checkpoint"),
    Row(("verify", "--signers", "missing"), "can't be read"),
    Row(("verify", "--authorities", "missing"), "can't be read"),
    Row(("seal", "--key", "missing", "--identity", "a@example.org"), "can't be read"),
    Row(("seal", "--key", "folder/full/mine", "--identity", "a@example.org"), "no key that signs"),
    Row(("seal", "--key", "folder/full/mine"), "a key goes with an identity"),
    Row(("seal", "--identity", "a b"), "without spaces"),
    Row(("seal", "--identity", "a@example.org"), "a key goes with an identity"),
    Row(("seal", "--authority", "x"), "write NAME=URL"),
    Row(("seal", "--authority", "a b=https://example.org/"), "an authority's name has letters"),
    Row(("seal", "--authority", "x=ftp://example.org/"), "authority x: url"),
    Row(("seal", "--authority", "x=https://example.org/,missing.pem"), "no file"),
    Row(("seal", "--origin", "a b"), "without spaces"),
    Row(("seal", "--new-key", "missing"), "can't be read"),
    Row(("seal", "--lost"), "goes with --new-key"),
    Row(("seal", "--note", ""), "a text of at most"),
    Row(("seal", "--note", "x" * 1001), "a text of at most"),
    Row(("seal", "--config", "missing.toml"), "can't be read"),
    Row(("verify", "--sources", "missing"), "missing"),
    Row(("import",), "FILE"),
    Row(("import", "missing.warc.gz"), "no such file"),
    *number(("import", "folder/full/mine"), "--jobs", whole=True, least="--jobs must be at least 1"),
    Row(("kin", "SITE/post/999"), "no such item in the archive"),
    Row(("import", "folder"), "no WARC or WACZ file there"),
    Row(("import", "folder/full/mine", "--site", "x y"), "--site takes the URL of a site"),
    Row(("remove", "SITE/post/999", "--reason", "x", "--yes"), "no such item in the archive"),
    Row(("remove", "SITE/post/1", "--reason", "", "--yes"), "--reason: say why"),
    Row(("remove", "SITE/post/1", "--reason", "x" * 1001, "--yes"), "it may have 1,000"),
    Row(("remove", "SITE/post/1", "--reason", "x", "--order", "a\nb", "--yes"), "one line of text"),
    Row(("export", "wacz", "-o", "x.wacz", "--signing-url", ""), "not an address"),
    Row(
        ("export", "wacz", "-o", "x.wacz", "--signing-url", "http://example.org/"),
        "not an address that begins with https://",
    ),
    Row(("export", "wacz", "-o", "x.wacz", "--signing-token-env", "NOT_SET"), "goes with --signing-url"),
    *(
        Row(("export", "wacz", "-o", "x.wacz", "--signing-url", SITE, "--signing-token-env", wrong), "no such variable")
        for wrong in ("", "A=B", "NOT_SET_ANYWHERE")
    ),
    Row(("export", "cdxj", "--run", "x"), "--run: not for cdxj"),
    *number(("serve",), "--port", whole=True, least="not in the range"),
    *(Row(("serve", "--host", wrong), "--host is empty") for wrong in ("", " ")),
    *(Row(("serve", "--host", wrong), "name another address") for wrong in ("192.0.2.1", "a b", "\udcff", "a" * 300)),
    Row(("find-image", ""), "no name of a file"),
    Row(("find-image", "missing.png"), "no such file"),
    Row(("find-image", "folder"), "a folder"),
    Row(("find-image", "pipe"), "a device or pipe"),
    *number(("find-image", "file"), "--near", whole=True, least="not in the range"),
    *number(("trace", "SITE/post/1"), "--delay", whole=False, least="--delay must be at least 0"),
    Row(("trace", "SITE/post/1", "--contact", ""), "--contact is empty"),
    Row(("trace", "SITE/post/1", "--allow-origin", "a b"), "not a web address"),
    Row(("status", "SITX"), "did you mean SITE?"),
    Row(("status", ""), ": not in this archive"),
    Row(("status", "\udcff"), "not in this archive"),
    Row(("status", "--prometheus", ""), "is empty"),
    Row(("status", "--prometheus", "missing/textfile"), "no folder missing"),
    Row(("status", "--prometheus", "folder"), "not an ordinary file"),
    Row(("status", "--prometheus", "pipe"), "not an ordinary file"),
    Row(("status", "--prometheus", "x" * 300), "File name too long"),
    Row(("status", "--prometheus", "/dev/null"), "not an ordinary file"),
    Row(("demo", ""), "is empty"),
    Row(("demo", "file"), "is none; name another"),
    Row(("demo", "file/below"), "is none; name another"),
    Row(("demo", "folder/full"), "not empty"),
    Row(("demo", "one", "-a", "two"), "name one folder"),
    Row(("status", "-a", "none"), "isn't there"),
    Row(("status", "-a", "no-database"), "file is not a database", ExitCode.STORAGE),
    Row(("history", "a/post/1", "-a", "no-database"), "file is not a database", ExitCode.STORAGE),
    Row(("find-image", "file", "-a", "no-database"), "file is not a database", ExitCode.STORAGE),
]
FLEET = [
    *(
        Row((*command, "--config", wrong), says)
        for command in (
            ("fleet", "init"),
            ("fleet", "add", SITE),
            ("fleet", "worker"),
            ("fleet", "status"),
            ("fleet", "pause", "a"),
            ("fleet", "resume", "a"),
            ("fleet", "drop", "a"),
            ("fleet", "now", "a"),
            ("fleet", "check"),
            ("fleet", "gather", "a"),
            ("fleet", "catalogue", "new.db"),
            ("fleet", "parquet", "new"),
        )
        for wrong, says in (
            ("", "is empty"),
            ("missing.toml", "can't be read"),
            ("folder", "can't be read"),
            ("file", "not valid TOML"),
            ("no-store.toml", "store is missing"),
        )
    ),
    Row(("fleet", "init"), "fleet.toml: can't be read"),
    Row(("fleet", "gahter"), "did you mean gather?"),
    Row(("fleet", "add"), "Missing argument"),
    *(Row(("fleet", "add", wrong), "neither a file nor an address") for wrong in ("", " ", "a\nb", "\udcff")),
    Row(("fleet", "add", "missing.txt"), "no such file"),
    Row(("fleet", "add", "missing.toml"), "no such file"),
    Row(("fleet", "add", "folder"), "a folder"),
    *(
        Row(("fleet", "add", SITE, "--every", wrong), "--every must be a span")
        for wrong in ("", "1", "1y", "0d", "999d")
    ),
    *(
        Row(("fleet", "add", SITE, "--priority", wrong), "not a whole number")
        for wrong in ("", "high", "1.5", "\u0664")
    ),
    *(Row(("fleet", "add", SITE, "--priority", wrong), "not in the range") for wrong in ("101", "-101")),
    *(Row(("fleet", "worker", "--turns", wrong), "not in the range") for wrong in ("0", "257", "-1")),
    *(Row(("fleet", "worker", "--turns", wrong), "not a whole number") for wrong in ("", "many", "1.5")),
    *(Row(("fleet", "worker", "--queues", wrong), "no such queue") for wrong in ("", "all", "turns,", "turns index")),
    Row(("fleet", "worker", "--queues", "tunrs"), "did you mean turns?"),
    Row(("fleet", "worker", "--scratch", ""), "is empty"),
    Row(("fleet", "worker", "--scratch", "file"), "is none; name another"),
    *(Row(("fleet", "worker", "--grace", wrong), "not a whole number") for wrong in ("", "soon", "1.5")),
    *(Row(("fleet", "worker", "--grace", wrong), "not in the range") for wrong in ("-1", "3601")),
    *(Row(("fleet", "status", "--site", wrong), "no name of a site") for wrong in ("", "..", "a\x1b", "\udcff", " a")),
    *(Row(("fleet", "status", "--network", wrong), "--network is empty") for wrong in ("", " ")),
    Row(("fleet", "status", "--site", "a", "--network", "b"), "name one of --site, --network and --prometheus"),
    Row(("fleet", "status", "--prometheus", ""), "is empty"),
    Row(("fleet", "status", "--prometheus", "missing/textfile"), "no folder missing"),
    Row(("fleet", "status", "--prometheus", "folder"), "not an ordinary file"),
    *(
        row
        for deed in ("pause", "resume")
        for row in (
            Row(("fleet", deed), "either one or more SITEs or --network NAME"),
            Row(("fleet", deed, "a", "--network", "b"), "either one or more SITEs or --network NAME"),
            Row(("fleet", deed, "--network", ""), "--network is empty"),
        )
    ),
    *(Row(("fleet", deed), "Missing argument") for deed in ("drop", "now", "gather")),
    *(
        Row(("fleet", deed, wrong), "no name of a site")
        for deed in ("pause", "resume", "drop", "now", "gather")
        for wrong in ("", "..", "a\x1b", "\udcff")
    ),
    *(
        Row(("fleet", "gather", "a", "-a", wrong, "--config", "fleet-here.toml"), says)
        for wrong, says in (
            ("", "is empty"),
            ("file", "is none; name another"),
            ("file/below", "is none; name another"),
        )
    ),
    Row(("fleet", "catalogue"), "Missing argument"),
    Row(("fleet", "catalogue", ""), "is empty"),
    Row(("fleet", "catalogue", "folder"), "not an ordinary file"),
    Row(("fleet", "catalogue", "missing/x.db"), "no folder missing"),
    Row(("fleet", "parquet"), "Missing argument"),
    *(
        Row(("fleet", "parquet", wrong, "--config", "fleet-here.toml"), "PREFIX is empty")
        for wrong in ("", " ", "a\nb", "\udcff")
    ),
    Row(("fleet", "parquet", "file", "--config", "fleet-here.toml"), "not a folder"),
    Row(("fleet", "parquet", "ftp://x/y", "--config", "fleet-here.toml"), "not an object store"),
    Row(("serve", "--port", "0", "--fleet", ""), "is empty"),
    Row(("serve", "--port", "0", "--fleet", "missing.toml"), "can't be read"),
    Row(("serve", "--port", "0", "--fleet", "fleet-here.toml", "--private"), "doesn't go with --private"),
    Row(("serve", "--port", "0", "--fleet", "fleet-here.toml", "-a", "archive"), "doesn't go with --archive"),
    Row(("fleet", "status", "--config", "fleet-here.toml"), "the fleet's database: ", ExitCode.STORAGE),
]
TABLE = [*FOLDERS, *TARGETS, *CRAWL, *HOUSEKEEPING, *OTHERS, *FLEET]


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with an archive and what is in the way of names, and the site's name."""
    folder = tmp_path_factory.mktemp("wrong")
    with FakeWordPress(**SMALL) as site:
        invoke("crawl", site.url, "-a", folder / "archive", *frugal.OPTIONS)
    name = next(path.parent.name for path in (folder / "archive").glob("*/warc"))
    (folder / "folder" / "full").mkdir(parents=True)
    (folder / "folder" / "full" / "mine").touch()
    (folder / "file").write_text("no picture, no configuration", "utf-8")
    (folder / "sites.toml").write_text(f'[[sites]]\nurl = "{SITE}"\nname = "example"\n', "utf-8")
    one = f'[[sites]]\nurl = "{SITE}"\nname = "example"\n'
    (folder / "unset.toml").write_text(f'{one}user = "u"\npassword_env = "NOT_SET_ANYWHERE"\n', "utf-8")
    (folder / "no-file.toml").write_text(f'{one}user = "u"\npassword_file = "missing.secret"\n', "utf-8")
    (folder / "one-name.toml").write_text(f"{one}{one.replace('example.org', 'example.net')}", "utf-8")
    nowhere = 'database = "postgresql://127.0.0.1:1/none"\ncontact = "a@example.org"\n'
    (folder / "no-store.toml").write_text(f"[fleet]\n{nowhere}", "utf-8")
    here = (folder / "none" / "objects").as_uri()
    (folder / "fleet-here.toml").write_text(f'[fleet]\n{nowhere}store = "{here}"\n', "utf-8")
    os.mkfifo(folder / "pipe")
    (folder / "no-database").mkdir()
    (folder / "no-database" / "archive.db").write_text("no database at all", "utf-8")
    yield folder, name


def listed(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if not path.name.endswith(("-shm", "-wal"))}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: " ".join(row.arguments).encode("unicode_escape").decode()[:80])
def test_what_is_wrong_is_said_in_one_line(
    row: Row,
    archived: tuple[Path, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The exit code of the contract, one line that names the cause, nothing on stdout, nothing made or started."""
    folder, name = archived
    monkeypatch.chdir(folder)
    monkeypatch.delenv("WPARCHIVE_ARCHIVE", raising=False)
    monkeypatch.delenv("WPARCHIVE_FLEET", raising=False)
    before = listed(folder)
    said = [word.replace("SITX", f"{name[:-1]}x").replace("SITE/", f"{name}/") for word in row.arguments]
    monkeypatch.setattr(sys, "argv", ["wparchive", *said])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capfd.readouterr()
    assert ended.value.code == row.code, err
    assert row.says.replace("SITE?", f"{name}?") in err
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith("wparchive: ")
    assert "hunter2" not in err and "Traceback" not in err and "a fault in wparchive" not in err
    assert listed(folder) == before


def test_no_option_of_any_command_is_untested_for_a_wrong_value() -> None:
    """Whoever adds an option or an argument adds a row here; flags take no value."""
    untested = []
    for name, command in leaves(group):
        words = name.split()
        rows = [row.arguments[len(words) - 1 :] for row in TABLE if list(row.arguments[: len(words)]) == words]
        for one in command.params:
            if isinstance(one, click.Option) and not one.is_flag and one.name != "folder":
                untested += [f"{name} {one.opts[-1]}"] * (not any(one.opts[-1] in row for row in rows))
            elif isinstance(one, click.Argument):
                untested += [f"{name} {one.name}"] * (not any(row[1:2] and not row[1].startswith("-") for row in rows))
    assert untested == []
    assert any("-a" in row.arguments for row in TABLE)  # one type, shared by all commands


WRONG_TYPES = (f"[0x{'f' * 5000}]", "[1]", "{a = 1}", "1979-05-27", "[[]]")
WRONG_NUMBERS = (
    "nan",
    "-nan",
    "inf",
    "-inf",
    "-1",
    "true",
    '"1"',
    '""',
    f"1{'0' * 400}",
    f"1{'0' * 5000}",
    f"0x{'f' * 5000}",
)
WRONG_TEXTS = ('""', '" "', '"\\t"', "5", "1.5", "true")
WRONG_LISTS = ('""', '"x"', "5", "[1]", '[""]', '[["x"]]', '["\\u0000"]')
EVERYWHERE = {
    "float": WRONG_NUMBERS + WRONG_TYPES + ("1e300",),
    "int": WRONG_NUMBERS + WRONG_TYPES + ("1.0",),
    "bool": ("1", "0", '"true"', '""', *WRONG_TYPES),
    "str": WRONG_TEXTS + WRONG_TYPES,
    "tuple": WRONG_LISTS,
}


def wrong_settings() -> Iterator[tuple[str, str]]:
    for setting in fields(Settings):
        kind = str(getattr(setting.type, "__name__", setting.type)).partition(" ")[0].partition("[")[0]
        yield from ((setting.name, value) for value in EVERYWHERE[kind])
    for name in ("media", "dedup", "payload_digest"):
        yield from ((name, value) for value in ('"None"', '"all "', '"ALL"', '"\u0430ll"'))


@pytest.mark.parametrize(("name", "value"), list(wrong_settings()), ids=lambda text: ascii(text)[:30])
def test_no_setting_takes_a_wrong_value(name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line that names the file and, where the file can be read at all, the setting."""
    from wparchive.cli.asked_sites import check_noise

    monkeypatch.chdir(tmp_path)
    path = Path("sites.toml")
    path.write_text(f'[[sites]]\nurl = "{SITE}"\n{name} = {value}\n', "utf-8")
    with pytest.raises(ConfigError) as caught:
        check_noise(path, load(path))
    said = str(caught.value)
    assert said.startswith("sites.toml: ")
    assert name in said or "not valid TOML" in said
    assert len(said.splitlines()) == 1


WRONG_FILES = {
    "a key misspelt": ("[defaults]\ndealy = 1", "did you mean delay?"),
    "a key in the wrong case": ("[defaults]\nDelay = 1", "did you mean delay?"),
    "a table misspelt": ("[default]\ndelay = 1", "did you mean defaults?"),
    "a key like no other": ("[archive]\nqqq = 1", "known are contact, jobs, path"),
    "no job": ("[archive]\njobs = 0", "[archive]: jobs must be at least 1"),
    "half a job": ("[archive]\njobs = 0.5", "[archive]: jobs must be a whole number"),
    "jobs that are none": ("[archive]\njobs = true", "[archive]: jobs must be a whole number"),
    "more jobs than any machine has": ("[archive]\njobs = 999999", "[archive]: jobs must be at most 64"),
    "an empty path": ('[archive]\npath = ""', "path is empty"),
    "a path with a null": ('[archive]\npath = "a\\u0000b"', "control character"),
    "a path that is a file": ('[archive]\npath = "sites.toml"', "is none; name another"),
    "a path below a file": ('[archive]\npath = "sites.toml/x"', "is none; name another"),
    "an empty address": ('[[sites]]\nurl = ""', "no address"),
    "an address without a scheme": ('[[sites]]\nurl = "a.example"', "write it as https://a.example"),
    "a misspelt scheme": ('[[sites]]\nurl = "http:/a.example"', "write it as http://a.example"),
    "an address with a secret": ('[[sites]]\nurl = "https://me:hunter2@a.example"', "credentials don't belong"),
    "an address that is a list": ('[[sites]]\nurl = ["https://a.example"]', "needs url"),
    "an empty name": (f'[[sites]]\nurl = "{SITE}"\nname = ""', "name must be a plain folder name"),
    "a secret for a name": (f'[[sites]]\nurl = "{SITE}"\nuser = "a"\npassword_env = ["hunter2"]', "must be a string"),
    "no end of brackets": (f"a = {'[' * 5000}", "too deep"),
}


@pytest.mark.parametrize("name", WRONG_FILES)
def test_no_file_is_read_that_says_something_wrong(name: str, tmp_path: Path) -> None:
    """The nearest right word is named, and never a secret."""
    text, says = WRONG_FILES[name]
    path = tmp_path / "sites.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    said = str(caught.value)
    assert says in said and said.startswith(str(path))
    assert len(said.splitlines()) == 1
    assert "hunter2" not in said and caught.value.exit_code is ExitCode.USAGE


WAYS_OUT = {
    errno.ENOSPC: "make room",
    errno.EACCES: "grant access",
    errno.EMFILE: "ulimit -n",
    errno.ENOTDIR: "move elsewhere what is there",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "make room or grant access",
}


@pytest.mark.parametrize("number", WAYS_OUT)
def test_what_to_do_follows_from_the_cause(number: int) -> None:
    """No one is told to make room who lacks a right."""
    trouble = scarcity(OSError(number, os.strerror(number), "a file"))
    assert str(trouble) == f"a file: {os.strerror(number)}; {way_out(OSError(number, ''))}, then run again"
    assert WAYS_OUT[number] in str(trouble)


def test_a_database_that_another_program_holds_needs_no_room(tmp_path: Path) -> None:
    """It is no fault of ours either: exit 8, and the cause."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as holder, closing(sqlite3.connect(tmp_path / "a.db")) as other:
        holder.execute("BEGIN EXCLUSIVE")
        other.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(sqlite3.OperationalError) as caught:
            other.execute("BEGIN EXCLUSIVE")
    trouble = scarcity(caught.value)
    assert trouble is not None and trouble.exit_code is ExitCode.STORAGE
    assert "held by another program" in str(trouble) and "room" not in str(trouble)


@pytest.mark.parametrize(
    ("state", "says"), [(SiteState.MOVED, "crawl the new address"), (SiteState.PARTIAL, "run the same command again")]
)
def test_what_to_do_follows_from_the_state(state: SiteState, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A site that moved to where nothing may follow it answers no better the next time."""
    report = RunReport(
        site="example.org", run="r", mode="full", state=state, exit_code=ExitCode.INCOMPLETE, reason="moved"
    )
    print_report(report, held={})
    assert says in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("command", [("status", "-a"), ("demo",), ("crawl", "--config"), ("find-image",)])
def test_what_may_not_be_read_is_a_wrong_input(command: tuple[str, ...], archived: tuple[Path, str]) -> None:
    """A folder or file without permission: exit 2 and the cause, not a fault of ours."""
    (archived[0] / "closed").mkdir(mode=0o000, exist_ok=True)
    # To root everything is open, unless it gives up its capabilities.
    closed = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    program = (*closed, sys.executable, "-m", "wparchive", *command, "closed/x")
    ended = subprocess.run(program, cwd=archived[0], capture_output=True, text=True)
    assert ended.returncode == ExitCode.USAGE
    assert "Permission denied" in ended.stderr and len(ended.stderr.splitlines()) == 1
