"""Generated content: the same each time, as large as asked for."""

import random
from dataclasses import dataclass

from fakewp.simulator.content import blank, shifted
from fakewp.simulator.model import Comment, Post, PostType, Revision, Site, Taxonomy, Term, User

__all__ = ["Sizes", "generate"]

_WORDS = [
    "harbour",
    "council",
    "station",
    "letter",
    "winter",
    "garden",
    "museum",
    "river",
    "signal",
    "archive",
    "border",
    "paper",
    "engine",
    "question",
    "forest",
    "copper",
    "railway",
    "public",
    "evening",
    "market",
    "lantern",
    "bridge",
    "causeway",
    "ferry",
    "tide",
    "pilot",
    "ledger",
    "ribbon",
    "orchard",
    "window",
]
_BOOK = frozenset({"title", "editor", "author", "thumbnail", "excerpt", "comments", "revisions", "custom-fields"})


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything strangers can see."""

    posts: int = 250
    pages: int = 12
    books: int = 15
    media: int = 40
    comments: int = 120
    users: int = 5
    terms: int = 30

    def moment(self, n: int) -> str:
        """The date of the n-th item: 37 hours apart, or so many that a large site still spans about a year."""
        return shifted("2024-01-01T06:00:00", n * min(37.0, round(9250 / max(self.posts, 1), 3)))


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize() + "."


def _body(chance: random.Random, number: int) -> str:
    text = "".join(f"<p>{' '.join(_sentence(chance, 9) for _ in range(4))}</p>\n" for _ in range(4))
    text += f'<p><a href="https://example.org/a/{number}?x=1&amp;y=2">{chance.choice(_WORDS)}</a></p>\n'
    if number % 7 == 0:
        text += "<div id='gallery-{gallery}' class='gallery galleryid-1'><figure class='gallery-item'></figure></div>\n"
    if number % 5 == 0:
        text += f'<div class="post-views content-post"><span class="post-views-count">{number}</span></div>\n'
    if number % 11 == 0:
        text += f'<figure><img src="https://pictures.example.net/hot/{number}.jpg" alt="" /></figure>\n'
    return text


def generate(sizes: Sizes, first_id: int = 1) -> Site:
    """A site of these sizes; ids of posts begin at `first_id`."""
    chance = random.Random(20260101)
    site = blank("Fake & Sons", timezone="Africa/Lagos", offset=1)
    site.register(
        [
            PostType(
                slug="book",
                base="books",
                name="Books",
                namespace="library/v1",
                has_archive=True,
                supports=_BOOK,
                taxonomies=("genre", "post_tag"),
            )
        ],
        [Taxonomy(slug="genre", base="genres", name="Genres", types=("book",), hierarchical=True)],
    )
    site.taxonomies["post_tag"].types += ("book",)
    _people(site, sizes, chance)
    numbers = iter(range(first_id, first_id + 10 * sum((sizes.posts, sizes.pages, sizes.books, sizes.media)) + 1000))
    _posts(site, sizes, chance, numbers)
    _media(site, sizes, numbers)
    _comments(site, sizes, chance)
    return site


def _people(site: Site, sizes: Sizes, chance: random.Random) -> None:
    for n in range(1, sizes.users + 1):
        site.add(
            User(
                id=n,
                login=f"writer{n}",
                name=f"Writer {n}",
                role="editor" if n == 2 else "author",
                email=f"writer{n}@example.com",
            )
        )
    site.add(User(id=sizes.users + 1, login="editor", name="The Editor", role="editor", email="editor@example.com"))
    site.add(User(id=sizes.users + 2, login="reader", name="A Reader", role="subscriber", email="reader@example.com"))
    kinds = ["category"] * (sizes.terms // 3) + ["genre"] * (sizes.terms // 6)
    kinds += ["post_tag"] * (sizes.terms - len(kinds))
    for n, kind in enumerate(kinds, 1):
        parent = 1 if kind == "category" and n in (2, 3) else 0
        site.add(Term(id=n, taxonomy=kind, name=f"{chance.choice(_WORDS)} {n}", slug=f"{kind}-{n}", parent=parent))


def _post(site: Site, kind: str, number: int, date: str, n: int, chance: random.Random, **more: object) -> Post:
    modified = shifted(date, 5) if n % 3 == 0 else date
    post = Post(
        id=number,
        type=kind,
        date=date,
        date_gmt=shifted(date, -1),
        modified=modified,
        modified_gmt=shifted(modified, -1),
        slug=f"{kind}-{n}",
        title=_sentence(chance, 5)[:-1],
        content=_body(chance, n),
        author=n % max(1, sum(u.role != "subscriber" for u in site.users.values()) - 1) + 1,
    )
    for name, value in more.items():
        setattr(post, name, value)
    if n % 3 == 0:
        for r in range(2):
            words = {"title": post.title, "content": post.content, "excerpt": ""}
            post.revisions.append(
                Revision(number + 1 + r, post.author, shifted(date, r), shifted(date, r - 1), *words.values())
            )
    site.add(post)
    return post


def _posts(site: Site, sizes: Sizes, chance: random.Random, numbers: "iter[int]") -> None:  # type: ignore[valid-type]
    terms: dict[str, list[int]] = {}
    for term in site.terms.values():
        terms.setdefault(term.taxonomy, []).append(term.id)

    def take() -> int:
        number = next(numbers)
        for _ in range(2):  # room for two revisions
            next(numbers)
        return int(number)

    def some(*names: str) -> dict[str, list[int]]:
        return {name: sorted(chance.sample(terms[name], min(2, len(terms[name])))) for name in names if name in terms}

    for n in range(1, sizes.posts + 1):
        meta = {"source_account": 1773327698988851201 + n, "footnotes": ""}
        extra = {"aioseo_notices": [], "reading_time": n % 9}
        _post(
            site,
            "post",
            take(),
            sizes.moment(n),
            n,
            chance,
            terms=some("category", "post_tag"),
            meta=meta,
            extra=extra,
            password="door" if n in (20, 120) else "",
        )
    for n, status in enumerate(("draft", "private", "trash", "future"), 1):
        date = "2099-01-01T00:00:00" if status == "future" else sizes.moment(n)
        _post(site, "post", take(), date, sizes.posts + n, chance, status=status, terms=some("category"))
    above = 0
    for n in range(1, sizes.pages + 1):
        page = _post(site, "page", take(), sizes.moment(n), n, chance, parent=above if n % 4 == 0 else 0, order=n)
        above = above or page.id
    for n in range(1, sizes.books + 1):
        _post(
            site,
            "book",
            take(),
            sizes.moment(n),
            n,
            chance,
            terms=some("genre", "post_tag"),
            meta={"isbn": f"978-{n:07d}"},
        )


def _media(site: Site, sizes: Sizes, numbers: "iter[int]") -> None:  # type: ignore[valid-type]
    posts = [post for post in site.of_type("post") if post.status == "publish"]
    draft = next(post for post in site.of_type("post") if post.status == "draft")
    for n in range(1, sizes.media + 3):
        hidden = n > sizes.media
        parent = draft if hidden else (posts[n % len(posts)] if n % 3 and posts else None)
        width, height = 300 + n, 200
        size = {"file": f"picture-{n}-150x150.png", "width": 150, "height": 150, "mime_type": "image/png"}
        details = {
            "width": width,
            "height": height,
            "file": f"2024/02/picture-{n}.png",
            "filesize": 1000 + n,
            "sizes": {"thumbnail": size},
            "image_meta": {"credit": f"Photographer {n}"},
        }
        number, date = int(next(numbers)), sizes.moment(n)
        site.add(
            Post(
                id=number,
                type="attachment",
                status="inherit",
                date=date,
                date_gmt=shifted(date, -1),
                modified=date,
                modified_gmt=shifted(date, -1),
                slug=f"picture-{n}",
                title=f"Picture {n}",
                author=1,
                parent=parent.id if parent else 0,
                file=f"2024/02/picture-{n}.png",
                mime="image/png",
                alt=f"Picture {n}",
                details=details,
            )
        )
        if parent and n % 4 == 0 and not hidden:
            parent.featured = number


def _comments(site: Site, sizes: Sizes, chance: random.Random) -> None:
    posts = [post for post in site.of_type("post") if post.status == "publish" and not post.password]
    locked = next((post for post in site.of_type("post") if post.password), None)
    above: Comment | None = None
    for n in range(1, sizes.comments + 1):
        reply = above if n % 3 == 0 else None
        post = reply.post if reply else posts[n % len(posts)].id
        date = sizes.moment(n)
        above = Comment(
            id=n,
            post=post,
            date=date,
            date_gmt=shifted(date, -1),
            content=f"<p>{_sentence(chance, 8)}</p>\n",
            parent=reply.id if reply else 0,
            author=1 if n % 10 == 0 else 0,
            name=f"Guest {n}",
            email=f"guest{n}@example.com",
        )
        site.add(above)
    more = {"approved": ("hold", "spam", "trash"), "type": ("pingback",)}
    number = sizes.comments
    for name, values in more.items():
        for value in values:
            number += 1
            site.add(
                Comment(
                    id=number,
                    post=posts[0].id,
                    date=sizes.moment(number),
                    date_gmt=sizes.moment(number),
                    content="<p>x</p>\n",
                    name="Other",
                    **{name: value},
                )
            )
    if locked:
        site.add(
            Comment(
                id=number + 1,
                post=locked.id,
                date=sizes.moment(1),
                date_gmt=sizes.moment(1),
                content="<p>locked</p>\n",
                name="Guest",
            )
        )
