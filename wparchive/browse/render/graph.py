"""A graph of sites on a circle, as SVG without style or script: who has whose texts later."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import cos, hypot, log2, pi, sin

from markupsafe import Markup

from wparchive.ask.kinship.flows import Edge

__all__ = ["drawn"]

_WIDTH, _HEIGHT, _RADIUS, _NODE = 780, 520, 205, 7
_GAP = 9  # between a site and where its edges end, so that their heads stand apart
_LONGEST = 24  # characters of a site's name
_OUTSIDE = 1.16  # of the radius, where numbers stand
_UPRIGHT = 0.1  # of the radius: so near the middle, a name stands above or below
_BEND = 0.12  # of an edge's length, so that both directions between two sites are seen


def drawn(sites: Sequence[str], edges: Iterable[Edge], addresses: Mapping[Edge, str]) -> Markup:
    """Return the SVG, in which each edge leads to its address. Sites are named and numbered: a phone has no room for names."""
    places = {
        site: (
            _WIDTH / 2 + _RADIUS * sin(2 * pi * at / len(sites)),
            _HEIGHT / 2 - _RADIUS * cos(2 * pi * at / len(sites)),
        )
        for at, site in enumerate(sites)
    }
    lines = Markup("").join(_edge(edge, places, addresses[edge]) for edge in reversed(list(edges)))
    nodes = Markup("").join(_nodes(places))
    return Markup(
        '<svg class="graph" viewBox="0 0 {} {}" preserveAspectRatio="xMidYMid slice" role="img" '
        'aria-label="Who has whose texts later; the table says the same">'
        '<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="9" '
        'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 1 10 5 0 9z" fill="currentColor"/></marker></defs>{}{}</svg>'
    ).format(_WIDTH, _HEIGHT, lines, nodes)


def _edge(edge: Edge, places: Mapping[str, tuple[float, float]], address: str) -> Markup:
    start, end = (places[edge.source], places[edge.taker]) if edge.source else (places[one] for one in edge.sites)
    across, down = end[0] - start[0], end[1] - start[1]
    length = hypot(across, down) or 1.0
    gap = (_NODE + _GAP) / length
    ax, ay, bx, by = start[0] + across * gap, start[1] + down * gap, end[0] - across * gap, end[1] - down * gap
    bend = _BEND if edge.source else 0.0
    cx, cy = (ax + bx) / 2 - down * bend, (ay + by) / 2 + across * bend
    told = (
        f"{edge.taker} has {edge.pairs} of {edge.source} later, {edge.proven} proven"
        if edge.source
        else f"{edge.sites[0]} and {edge.sites[1]} share {edge.pairs}, order undecidable"
    )
    way = Markup('marker-end="url(#arrow)"') if edge.source else Markup('stroke-dasharray="4 5"')
    return Markup(
        '<a href="{}"><title>{}</title><path d="M{:.1f} {:.1f}Q{:.1f} {:.1f} {:.1f} {:.1f}" fill="none" stroke="currentColor" '
        'stroke-opacity=".65" stroke-width="{:.1f}" {}/></a>'
    ).format(address, told, ax, ay, cx, cy, bx, by, 1 + log2(edge.pairs + 1), way)


def _nodes(places: Mapping[str, tuple[float, float]]) -> Iterator[Markup]:
    for number, (site, (x, y)) in enumerate(places.items(), 1):
        upright = abs(x - _WIDTH / 2) < _UPRIGHT * _RADIUS
        name = site if len(site) <= _LONGEST else f"{site[: _LONGEST - 1]}…"
        yield Markup(
            '<g><title>{}</title><circle cx="{:.1f}" cy="{:.1f}" r="{}" fill="currentColor"/><text class="name" x="{:.1f}" '
            'y="{:.1f}" text-anchor="{}" font-size="13" fill="currentColor">{}</text><text class="number" x="{:.1f}" '
            'y="{:.1f}" text-anchor="middle" font-size="26" fill="currentColor">{}</text></g>'
        ).format(
            *(site, x, y, _NODE),
            *((x, y + (24 if y > _HEIGHT / 2 else -15), "middle") if upright else _beside(x, y)),
            name,
            *(_WIDTH / 2 + (x - _WIDTH / 2) * _OUTSIDE, _HEIGHT / 2 + (y - _HEIGHT / 2) * _OUTSIDE + 9, number),
        )


def _beside(x: float, y: float) -> tuple[float, float, str]:
    """Where the name of a site stands that isn't at the top or the foot, and how it is aligned."""
    return (x + 13, y + 4, "start") if x > _WIDTH / 2 else (x - 13, y + 4, "end")
