"""Every regular expression of the package with inputs that are made to hurt it: told from the expression itself.

A repetition is costly where what follows it fails: so for each one there is what leads to it, what it repeats, many
times, and an end that fits nothing. Expressions that are looked for get what leads to it many times as well.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as code  # type: ignore[attr-defined]  # nothing public tells what an expression is made of
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

import wparchive
from wparchive.ask.finding import snippets
from wparchive.ask.finding.typed import Term
from wparchive.fetch.escapes import however_escaped
from wparchive.wordpress.changes import levelling, noise, own_url

# Where expressions are put together while the program runs: what stands here for them, or why nothing has to.
MADE = {
    "fleet.removal.sought.Sought.addresses": "texts as they stand, one of them at a time",
    "ask.kinship.mentions._within": "a host as it stands, and what follows it",
    "ask.kinship.mentions._written": "a host as it stands, and what follows it",
    "intake.foreign.searching._pattern": "a few bytes as they stand",
    "ask.finding.snippets._pattern": "made() has it for two words",
    "fetch.escapes.however_escaped": "made() has it for a password",
    "wordpress.changes.noise._Globs.__init__": "asked of names of at most 200 characters",
    "wordpress.changes.levelling._same": "made() has it for a name",
    "wordpress.changes.noise._regex": "made() has those of the table; others are the operator's own",
    "wordpress.changes.own_url._pattern": "made() has it for an item",
    "wordpress.links.link_shapes.LinkShapes.take_apart": "texts as they stand, and numbers of at most 18 digits between them",
}

_WANTED = ("a0 \n-./<>\"'=&;:,%\\{}#?\x01", " a0", "0a", "\n\t a", "<a", "\"'a", "-_.a", "/&;a", "=\\%a")
_SEEKING = frozenset(("search", "finditer", "findall", "sub", "subn", "split"))
_MOST_BODIES = 400


class Expression(NamedTuple):
    """An expression by its place in the package; `seeks` where it is looked for rather than matched at one place."""

    name: str
    pattern: re.Pattern[Any]
    seeks: bool


def expressions() -> Iterator[Expression]:
    """All that are compiled when a module is loaded, and all that are written where they are used."""
    for module in pkgutil.walk_packages(wparchive.__path__, "wparchive."):
        if ".demo" in module.name or module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        source = Path(loaded.__file__ or "").read_text("utf-8")
        short = module.name.removeprefix("wparchive.")
        for name, value in vars(loaded).items():
            found = [value] if isinstance(value, re.Pattern) else _inside(value)
            uses = set(re.findall(rf"\b{name}\.(\w+)", source))
            seeks = bool(uses & _SEEKING) or not uses
            if f"{name} =" in source or f"{name}: " in source:
                yield from (Expression(f"{short}.{name}", one, seeks) for one in found)
        yield from _written(short, source)
    yield from made()


def made() -> Iterator[Expression]:
    """One of each kind that is put together while the program runs."""
    compiled = noise._compiled(())
    for literal, pattern in (*compiled.counters, *compiled.anywhere):
        yield Expression(f"wordpress.changes.noise._regex {literal}", pattern, True)
    if escaped := however_escaped("aaaa0000aaaa0000aaaa0000"):
        yield Expression("fetch.escapes.however_escaped", escaped.pattern, True)
    yield Expression("ask.finding.snippets._pattern", snippets._pattern(Term("aaaa 0000"), whole=True), True)
    yield Expression("wordpress.changes.levelling._same", levelling._same("div"), True)
    yield Expression("wordpress.changes.own_url._pattern", own_url._pattern("wp-json", "wp/v2/posts", "1"), True)


def uses() -> Iterator[str]:
    """Every place that makes an expression, by what `expressions` calls it, or by its function where that is what makes it."""
    for module in pkgutil.walk_packages(wparchive.__path__, "wparchive."):
        if ".demo" not in module.name:
            source = Path(importlib.import_module(module.name).__file__ or "").read_text("utf-8")
            yield from _uses(ast.parse(source), module.name.removeprefix("wparchive."))


def _uses(tree: ast.AST, short: str, function: str = "", name: str = "") -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        within, called = function, name
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            within = f"{function}.{node.name}"
        elif isinstance(node, ast.Assign | ast.AnnAssign) and not function:
            called = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        elif _makes(node):
            written = node.func.attr != "compile" and isinstance(node.args[0], ast.Constant)  # type: ignore[attr-defined]
            place = f"{short}:{node.lineno}" if written else f"{short}{function}"  # type: ignore[attr-defined]
            yield place if written or function else f"{short}.{name}"
        yield from _uses(node, short, within, called)


def _makes(node: ast.AST) -> bool:
    """Whether `node` calls a function of `re` that is given an expression."""
    called = node.func if isinstance(node, ast.Call) else None
    named = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
    return named and called.attr in _MAKING  # type: ignore[union-attr]


_MAKING = {*_SEEKING, "compile", "match", "fullmatch"}


def _inside(value: object) -> list[re.Pattern[Any]]:
    pairs = value if isinstance(value, tuple) else ()
    return [
        one for pair in pairs for one in (pair if isinstance(pair, tuple) else (pair,)) if isinstance(one, re.Pattern)
    ]


def _written(short: str, source: str) -> Iterator[Expression]:
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        direct = isinstance(call.func.value, ast.Name) and call.func.value.id == "re" and call.func.attr != "compile"
        if direct and call.args and isinstance(call.args[0], ast.Constant):
            yield Expression(f"{short}:{call.lineno}", re.compile(call.args[0].value), call.func.attr in _SEEKING)


def attacks(pattern: re.Pattern[Any]) -> Iterator[tuple[Any, Any, Any]]:
    """What leads to each repetition, what it repeats, and what doesn't fit behind it; the same never twice."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    seen: set[tuple[str, str]] = set()
    for wanted in _WANTED:
        whole = _sample(tree, wanted)
        for before, body in (*_repeated(tree, "", wanted), (whole[:-1], whole[:-1]), ("", whole)):
            if body and (before, body) not in seen and len(seen) < _MOST_BODIES:
                seen.add((before, body))
                for end in ("", "\x01", "<"):
                    given = before, body, end
                    yield (
                        tuple(one.encode("latin-1", "replace") for one in given)
                        if isinstance(pattern.pattern, bytes)
                        else given
                    )


def _repeated(tree: Any, before: str, wanted: str) -> Iterator[tuple[str, str]]:
    """What leads to each repetition in `tree`, and what that repeats."""
    for op, given in tree:
        if op in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            yield before, _sample(given[2], wanted)
            yield from _repeated(given[2], before, wanted)
        elif op is code.SUBPATTERN:
            yield from _repeated(given[3], before, wanted)
        elif op is code.ATOMIC_GROUP:
            yield from _repeated(given, before, wanted)
        elif op is code.BRANCH:
            for branch in given[1]:
                yield from _repeated(branch, before, wanted)
        elif op in (code.ASSERT, code.ASSERT_NOT):
            yield from _repeated(given[1], before, wanted)
        before += _sample([(op, given)], wanted)


def _sample(tree: Any, wanted: str) -> str:
    """A short text that `tree` fits."""
    text = ""
    for op, given in tree:
        if op is code.LITERAL:
            text += chr(given)
        elif op in (code.NOT_LITERAL, code.ANY, code.IN):
            text += _character(op, given, wanted)
        elif op in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            text += _sample(given[2], wanted) * max(min(given[0], 3000), min(1, given[1]))
        elif op is code.SUBPATTERN:
            text += _sample(given[3], wanted)
        elif op is code.ATOMIC_GROUP:
            text += _sample(given, wanted)
        elif op is code.BRANCH:
            text += _sample(given[1][0], wanted)
    return text


def _character(op: Any, given: Any, wanted: str) -> str:
    if op is code.ANY:
        return wanted[0]
    if op is code.NOT_LITERAL:
        return next(one for one in wanted + "ab" if ord(one) != given)
    for one in wanted + "a0 \n-./<>\"'=&;:,%\\{}[]()@!+*?#_\x01\xff\u2028":
        if _is_in(one, given):
            return one
    first = next((item for item in given if item[0] in (code.LITERAL, code.RANGE)), None)
    return "a" if first is None else chr(first[1] if first[0] is code.LITERAL else first[1][0])


_CATEGORIES = {
    code.CATEGORY_DIGIT: r"\d",
    code.CATEGORY_NOT_DIGIT: r"\D",
    code.CATEGORY_SPACE: r"\s",
    code.CATEGORY_NOT_SPACE: r"\S",
    code.CATEGORY_WORD: r"\w",
    code.CATEGORY_NOT_WORD: r"\W",
}


def _is_in(one: str, given: Any) -> bool:
    negated = bool(given) and given[0][0] is code.NEGATE
    for op, what in given:
        found = (
            (op is code.LITERAL and ord(one) == what)
            or (op is code.RANGE and what[0] <= ord(one) <= what[1])
            or (op is code.CATEGORY and re.match(_CATEGORIES[what], one) is not None)
        )
        if found:
            return not negated
    return negated
