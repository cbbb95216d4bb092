"""Three invented newsrooms that are crawled at six times; between them stories are edited, openly and silently, and vanish.

`harbour-ledger` is edited as newsrooms edit, `coast-wire` takes pictures and a text from it, `quay-notes` writes in scripts
without spaces and from right to left, shows what plug-ins inject, and is on plain permalinks.
"""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fakewp import FakeWordPress
from fakewp.simulator.pictures import png

from wparchive.config import Settings, SiteConfig
from wparchive.crawl.run import Options
from wparchive.crawl.seams import Seams
from wparchive.events import quiet
from wparchive.fleet.local import crawl_all
from wparchive.store import Archive

__all__ = ["TIMES", "Newsrooms"]

TIMES = tuple(
    datetime.fromisoformat(f"2026-11-{day}+00:00")
    for day in ("02T09:00:00", "02T18:00:00", "05T09:30:00", "09T18:10:00", "20T20:00:00", "26T07:15:00")
)
"""When the sites are crawled."""

FERRY = """<p><strong>{hurt} people were taken to hospital</strong> on Sunday evening after the ferry <em>Cormorant</em> struck
the breakwater at the mouth of Quillhaven harbour in thick fog.</p>
<p>The vessel, which carries commuters and day-trippers between the town and Sallow Island, had 214 passengers and nine crew
on board. It was able to reach the north quay under its own power, where ambulances were waiting.</p>
<p>“We felt a long, low grinding and then everybody was on the floor,” said Ines Calder, 34, who was travelling with her two
children.{quote}</p>
<p>The harbour authority {said} the fog signal on the east light was working{how} at the time of the collision.</p>
<p>A spokesperson for <a href="https://quill-line.example/about">Quill Line</a>, which operates the service, said the captain
had reduced speed{speed} before entering the channel, and that the company would co-operate fully with investigators.</p>
<p>The Marine Accident Office has sent three inspectors to Quillhaven. They are expected to examine the ferry’s voyage data
recorder on Tuesday.</p>
{plans}<p>A reduced service to Sallow Island will run from Wednesday.</p>"""
BEFORE = {
    "hurt": "Eleven",
    "quote": " “Nobody told us anything for about ten minutes.”",
    "said": "said",
    "how": " normally",
    "speed": " to six knots",
    "plans": "<p>Plans to replace the signal were approved by the council last week.</p>\n",
}
SILENT = {**BEFORE, "quote": "", "said": "declined to say whether", "how": "", "speed": "", "plans": ""}
BUDGET = """<p>The council approved a harbour budget of {} million on Thursday night, the largest in its history, by nine votes
to six.</p>
<p>{}</p>"""
INJECTED = (
    '<div class="span-reading-time rt-reading-time"><span class="rt-time">{}</span> minutes</div>'
    '<p>{}</p><div class="post-views-count">Views: {}</div>'
)


class Newsrooms:
    """The sites while they stand, and the archive of them; `ledger`, `wire` and `notes` are the sites."""

    def __init__(self, root: Path) -> None:
        self.archive = Archive(root)
        sizes = {"posts": 12, "media": 6, "comments": 14, "users": 4, "terms": 8, "pages": 2, "books": 0}
        self.ledger = FakeWordPress(address="127.0.0.1", **sizes)
        self.wire = FakeWordPress(address="127.0.0.2", **{**sizes, "posts": 6, "media": 3})
        self.notes = FakeWordPress("plain", address="127.0.0.3", **{**sizes, "posts": 5, "media": 2})
        self.sites = {"harbour-ledger": self.ledger, "coast-wire": self.wire, "quay-notes": self.notes}
        for site, name in zip(self.sites.values(), ("The Quillhaven Ledger", "Coast Wire", "Quay Notes"), strict=True):
            site.site.name = name
        self.posts: dict[str, int] = {}

    def make(self) -> None:
        """Crawl at each of TIMES, with what happens to the sites before it."""
        steps = (self._first, self._same_day, self._silently, self._deleted, self._later, self._last)
        for site in self.sites.values():
            site.__enter__()
        try:
            for now, step in zip(TIMES, steps, strict=True):
                for site in self.sites.values():
                    site.now = now.replace(tzinfo=None).isoformat()
                step()
                self._crawl(now)
        finally:
            for site in self.sites.values():
                site.__exit__(None, None, None)

    def _crawl(self, now: datetime) -> None:
        ticks = iter(range(1 << 30))
        seams = Seams(now=lambda: now + timedelta(milliseconds=next(ticks)))
        sites = [
            SiteConfig(name=name, url=site.url, settings=Settings(retries=0, media="originals"))
            for name, site in self.sites.items()
        ]
        crawl_all(
            self.archive,
            sites,
            Options(full=True, debug=True),
            index=True,
            stop=threading.Event(),
            emit=quiet,
            seams=seams,
        )

    def _add(self, site: FakeWordPress, name: str, title: str, content: str, **fields: Any) -> None:
        self.posts[name] = site.add(title=title, content=content, **fields)

    def _first(self) -> None:
        ledger, wire, notes = self.ledger, self.wire, self.notes
        picture = ledger.ids("attachment")[0]
        taken, name = ledger.core.pages.content("2024/02/picture-1.png"), "2024/02/picture-1.png"
        wire.core.pages.files[name] = taken[0] if taken else b""
        at = {"date": "2026-11-01T21:12:00", "author": 3}
        self._add(
            ledger,
            "ferry",
            "Ferry strikes breakwater in fog, eleven in hospital",
            FERRY.format(**BEFORE),
            featured=picture,
            **at,
        )
        self._add(
            ledger,
            "budget",
            "Council approves record harbour budget",
            BUDGET.format("4.2", "Work begins in spring."),
            **at,
        )
        self._add(
            ledger,
            "cable",
            "Mayor paid 61,000 for a cable car study nobody voted for",
            "<p>The mayor’s office spent 61,000 on a study of a cable car.</p>",
            **at,
        )
        self._add(
            ledger,
            "customs",
            "The council said that the old customs house must be painted in its old colours before the spring",
            "<p>The owner has until March.</p>",
            **at,
        )
        url = f"{ledger.url}wp-content/uploads/{ledger.site.posts[picture].file}"
        excerpt = f'<img src="{url}" alt="The ferry at the quay"> The ferry struck the breakwater.'
        self._add(wire, "taken", "Ferry hits breakwater", FERRY.format(**BEFORE), excerpt=excerpt, **at)
        self._add(wire, "invoices", "Mayor’s cable car: the invoices", "<p>The invoices add up to 61,000.</p>", **at)
        self._add(
            notes,
            "chinese",
            "港务局回应雾信号问题",
            "<p>港务局拒绝说明东灯塔的雾信号当时是否正常工作。</p><p>三名检查员已抵达。</p>",
            **at,
        )
        self._add(
            notes, "arabic", "العبّارة تصطدم بحاجز الأمواج", "<p>نُقل أحد عشر شخصًا إلى المستشفى مساء الأحد.</p>", **at
        )
        self._add(
            notes,
            "badge",
            "With what plug-ins add",
            INJECTED.format(3, "A short story about the quay.", 117),
            excerpt=excerpt,
            **at,
        )
        ledger.comment(self.posts["ferry"], "<p>The horn has been off for a WEEK.</p>", name="Old Salt")
        ledger.comment(self.posts["ferry"], "<p>I was on board. It was not six knots.</p>", name="B. Marsh")

    def _same_day(self) -> None:
        content = FERRY.format(**{**BEFORE, "hurt": "Fourteen"})
        self.ledger.edit(
            self.posts["ferry"], content=content, title="Ferry strikes breakwater in fog, fourteen in hospital"
        )
        self.ledger.trash(self.posts["cable"])

    def _silently(self) -> None:
        content = FERRY.format(**{**SILENT, "hurt": "Fourteen"})
        self.ledger.edit(self.posts["ferry"], silent=True, content=content)
        self.notes.edit(
            self.posts["badge"], silent=True, content=INJECTED.format(4, "A short story about the quay.", 391)
        )
        self.wire.delete(self.posts["invoices"])
        self.ledger.site.posts[self.posts["cable"]].status = "draft"

    def _deleted(self) -> None:
        self.ledger.edit(self.posts["budget"], silent=True, content=BUDGET.format("4.8", "Work begins in spring."))
        self.ledger.delete(self.posts["customs"])
        self.notes.edit(
            self.posts["chinese"],
            silent=True,
            content="<p>港务局表示东灯塔的雾信号当时工作正常。</p><p>三名检查员已抵达。</p>",
        )

    def _later(self) -> None:
        self.ledger.core.pages.files["2024/02/picture-2.png"] = png(302, 200, 999)
        correction = "<p><em>Correction: an earlier version said that the signal was working.</em></p>"
        content = FERRY.format(**{**SILENT, "hurt": "Fourteen"}) + correction
        self.ledger.edit(
            self.posts["ferry"], content=content, title="Ferry strikes breakwater in fog; signal was switched off"
        )
        cable = self.ledger.site.posts[self.posts["cable"]]
        cable.status = "publish"
        self.ledger.edit(
            self.posts["cable"],
            title="Mayor paid 16,000 for a cable car study",
            content="<p>The mayor’s office spent 16,000 on a study of a cable car.</p>",
        )
        self._add(self.ledger, "inquiry", "Inquiry into the ferry opens", "<p>The inquiry opens on Monday.</p>")

    def _last(self) -> None:
        self.notes.edit(self.posts["arabic"], content="<p>نُقل أربعة عشر شخصًا إلى المستشفى مساء الأحد.</p>")


if __name__ == "__main__":
    import sys

    Newsrooms(Path(sys.argv[1])).make()
