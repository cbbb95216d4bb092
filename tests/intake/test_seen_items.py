"""What was seen of items is the same whether it is in memory or on the shelf."""

import random

from wparchive.intake.history.seen_items import Seen, SeenItems
from wparchive.intake.shelf import Shelf


def test_items_beyond_what_memory_may_hold_are_known_as_well() -> None:
    """Ids come again and again, in answers that are larger than that, too."""
    chance = random.Random(7)
    with Shelf() as shelf:
        few, truth = SeenItems(shelf, most=5), dict[int, Seen]()
        for run in range(200):
            ids = chance.sample(range(1, 60), chance.randint(1, 12))
            assert few.of(ids) == {wp_id: truth[wp_id] for wp_id in ids if wp_id in truth}
            learnt = {wp_id: Seen(20190301000000 + run, run, chance.randint(0, run)) for wp_id in ids}
            few.learn(learnt)
            truth |= learnt
        assert few.of(range(100)) == truth


def test_what_one_site_showed_says_nothing_of_the_next() -> None:
    with Shelf() as shelf:
        SeenItems(shelf, most=0).learn({1: Seen(20190301000000, 1, 0)})
        assert SeenItems(shelf, most=0).of([1]) == {}
