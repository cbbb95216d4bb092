"""The tables of kinship.

In `kinship` and `clusters` no column is called `site`: a row depends on the texts of two sites and on phrases of all, so that
it isn't removed with one of them, but when kinship is brought up to date. `copied`, which is small, is reckoned anew then.
"""

from wparchive.index.table import Table

__all__ = ["KINSHIP", "KINSHIP_NOTES", "KINSHIP_SAYS"]

KINSHIP = (
    Table(
        "kinship",
        ("item", "other"),
        "item other kind item_site other_site version other_version words:INTEGER other_words:INTEGER shared:INTEGER "
        "share:INTEGER other_share:INTEGER quoted:INTEGER common:INTEGER agency capture other_capture passages",
        (("other", "items"), ("other_capture", "captures")),
        rowid=False,
        indexes=("other", "item_site other_site", "other_site", "kind", "capture", "other_capture"),
    ),
    Table(
        "clusters",
        ("item",),
        "item cluster kind item_site size:INTEGER sites:INTEGER",
        rowid=False,
        indexes=("cluster", "item_site", "kind"),
    ),
    Table(
        "copied",
        ("item", "after"),
        "site type wp_id:INTEGER item run other other_site kind share:INTEGER other_share:INTEGER share_before:INTEGER "
        "others:INTEGER version other_version before after observed_at other_seen_at title",
        (("other", "items"), ("before", "captures"), ("after", "captures")),
        indexes=("site observed_at", "run", "other", "other_site", "before", "after", "observed_at"),
    ),
)
KINSHIP_NOTES = (
    Table("_wparchive_sketches", ("item", "version"), "item version proof words:INTEGER sketch:BLOB", rowid=False),
    Table(
        "_wparchive_meetings",
        ("item", "other"),
        "item other versions told",
        rowid=False,
        indexes=("other",),
    ),
    Table("_wparchive_frequent", ("phrase",), "phrase:INTEGER items:INTEGER", rowid=False),
    Table("_wparchive_repeated", ("item_site",), "item_site phrases:BLOB", rowid=False),
)
KINSHIP_SAYS = {
    "kinship": {
        "kind": "What the item is to the other: copy, excerpt (the other has more), extended, rewritten or quotation.",
        "other": "The other item; the key that comes later.",
        "item_site": "The site of the item.",
        "other_site": "The site of the other.",
        "version": "Which version of the item was compared: how its payload_sha256 begins.",
        "other_version": "The same of the other.",
        "words": "Words of the item.",
        "other_words": "Words of the other.",
        "shared": "Words that stand in both.",
        "share": "Percent of the item that stands in the other.",
        "other_share": "Percent of the other that stands in the item.",
        "quoted": "Words of these that are quoted, in both or by one of them.",
        "common": "Words in both that stand everywhere, that both sites repeat, or mostly figures; they are in no share.",
        "agency": "The news agency that both texts are credited to.",
        "other_capture": "The capture of the other's version.",
        "passages": "The longest passages written alike in both, as JSON: from and to in the item's text and in the other's.",
    },
    "clusters": {
        "cluster": "The first item of the group, or a phrase that stands everywhere.",
        "kind": "kin; series (one site repeats it); everybody (many sites have it); common (of phrases that stand everywhere).",
        "item_site": "The site of the item.",
        "size": "How many articles the group has.",
        "sites": "On how many sites.",
    },
    "copied": {
        "other": "The item of another site that was held before, and shares most with it.",
        "other_site": "The site of that.",
        "kind": "What the item is to the other: copy, excerpt (the other has more), extended or rewritten.",
        "share": "Percent of the item that stands in the other.",
        "other_share": "Percent of the other that stands in the item.",
        "share_before": "Percent of the item that stood in the other when that was told before; null the first time.",
        "others": "How many more items of other sites, held before, it shares text with.",
        "version": "Which version of the item was the first with so much of the text: how its payload_sha256 begins.",
        "other_version": "The version of the other that it met.",
        "before": "The capture that first showed that version of the other.",
        "after": "The capture by which the run noticed the item.",
        "observed_at": "When that was made.",
        "other_seen_at": "When that version of the other was first held.",
        "title": "What the item was called then.",
    },
}
"""What each of their columns holds."""
