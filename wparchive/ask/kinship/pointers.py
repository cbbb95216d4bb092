"""What else an article states: the other as its source, by guid, address or canonical links; a date beside that in UTC."""

from collections.abc import Iterator

from wparchive.ask.kinship.articles import Article, Articles, bare_host
from wparchive.ask.kinship.testimony import page_canonical
from wparchive.kinship.claims import ZONES, Mention, moment
from wparchive.wordpress.inventory.places import number_of, place_of
from wparchive.wordpress.values import loads, mapping, string

__all__ = ["canonicals", "former_guids", "guid_points", "other_date", "points"]

_HEADS = (("yoast_head_json", "canonical"), ("aioseo_head_json", "canonical_url"))  # of Yoast SEO, of All in One SEO


def guid_points(articles: Articles, one: Article, other: Article, guid: str) -> bool:
    """Whether a guid of it names the other article, as a copy's does; a domain may have been bought by who copies.

    WordPress writes an article's id into its guid: with another id than the other's it isn't that one's, and with its own
    id it is of the time when its site was there.
    """
    host = bare_host(guid)
    if not host or host not in other.hosts or host in one.hosts or _moved(articles, one, other):
        return False
    number, _ = number_of(guid)
    if number is not None and (number != other.wp_id or number == one.wp_id):
        return False
    dates = moment(one.date), moment(other.date)
    return guid == other.guid or bool(dates[0] and dates[1] and dates[1] <= dates[0])


def former_guids(articles: Articles, one: Article, other: Article) -> Iterator[Mention]:
    """Yield that a guid which it had in an earlier version named the other."""
    for held in articles.versions(one.item):
        if held.guid and held.guid != one.guid and guid_points(articles, one, other, held.guid):
            yield Mention(f"its guid was of {bare_host(held.guid)}, as held since {held.first_seen}", of_article=True)
            return


def points(articles: Articles, one: Article, other: Article) -> Iterator[str]:
    """Yield how it names the other one as its source; a link in its text may as well be a complaint."""
    if guid_points(articles, one, other, one.guid):
        yield f"its guid is of {bare_host(one.guid)}"
    host = one.host
    if host in other.hosts and host not in one.hosts and place_of(one.link or "") in _places(other):
        yield "its address, as its REST API states it, is the other's"


def canonicals(articles: Articles, one: Article, other: Article) -> Iterator[tuple[str, bool]]:
    """Yield canonical links to the host of the other, and whether they name it as the source.

    That they do if they are its address; but where a site moved, its old pages name the new ones, of the same id and date.
    """
    raw = mapping(loads(one.raw or "{}"))
    of_page = page_canonical(articles.db, one.site, one.type, one.wp_id)
    where = "its canonical link by the REST API"
    found = [(where, string(mapping(raw.get(head)).get(name))) for head, name in _HEADS]
    found += [(f"the canonical link of its page, captured at {of_page[1]},", of_page[0])] if of_page else []
    for where, url in found:
        host = bare_host(url or "")
        if not url or host not in other.hosts or host in one.hosts:
            continue
        is_its = place_of(url) in _places(other)
        is_source = is_its and not _moved(articles, one, other)
        says = "the other's address" if is_source else "the other's, but both have one id and date: a site that moved"
        yield f"{where} is {says if is_its else f'another address of {host}'}", is_source


def other_date(one: Article) -> Iterator[tuple[str, str]]:
    """Yield its date by its site's clock, by where it stands, if that isn't the one in UTC in any zone: one of them is false."""
    date = string(mapping(loads(one.raw or "{}")).get("date"))
    here, there = moment(one.date), moment(date)
    if date and here and there and abs(here - there) > ZONES:
        yield "the site's own clock (`date`)", date


def _places(one: Article) -> set[str]:
    return {place_of(one.link or ""), place_of(one.guid)} - {""}


def _moved(articles: Articles, one: Article, other: Article) -> bool:
    """Whether both are one article of a site that has had two addresses: the old pages and guids name the other one."""
    dates = [{it.date, *(held.date for held in articles.versions(it.item))} for it in (one, other)]
    return one.wp_id == other.wp_id and bool(dates[0] & dates[1])
