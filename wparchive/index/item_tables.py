"""The tables of items, each with everything special about it: `ITEM_TABLES` is the one list of them."""

from wparchive.index.table import ItemTable, item_key

__all__ = ["ITEM_TABLES"]

# The columns that every table of items has beside its own.
_HELD = (
    "payload_sha256 text_sha256 first_seen last_seen gone gone_since missing_since privilege partial:INTEGER capture"
)

# What the tables of plug-ins' items have in common: in each of them several plug-ins' types may stand.
_KEY = ("site", "type", "wp_id")
_INDEXES = ("link", "capture")
_PARTIAL = (("gone_since", "gone IS NOT NULL"), ("site type", "gone IS NOT NULL"), ("site type gone", "partial"))

ITEM_TABLES: dict[str, ItemTable] = {
    table.name: table
    for table in (
        ItemTable(
            name="posts",
            key=("site", "type", "wp_id"),
            spelled="site type wp_id:INTEGER title slug status language date date_gmt modified modified_gmt author:INTEGER "
            "featured_media:INTEGER parent:INTEGER sticky:INTEGER protected:INTEGER link guid "
            f"revision_count:INTEGER predecessor_version:INTEGER via {_HELD} excerpt text content raw",
            indexes=(
                *("type", "status", "site author date_gmt", "date_gmt", "modified_gmt", "slug", "link", "capture"),
                *("site type date_gmt", "author_item", "text_sha256 site date_gmt"),
            ),
            partial=(
                *(("gone_since", "gone IS NOT NULL"), ("site type", "gone IS NOT NULL"), ("site type gone", "partial")),
                ("site gone", "privilege != 'anonymous'"),
                ("picture_item", "picture_item IS NOT NULL"),
                ("parent_item", "parent_item IS NOT NULL"),
            ),
            unique="item",
            generated=(
                item_key(),
                item_key("author_item", "'user'", "author"),
                item_key("picture_item", "'attachment'", "featured_media"),
                item_key("parent_item", "type", "parent"),
            ),
            search=("title", "text"),
            type_column="type",
            title="title",
            content="content",
            excerpt="excerpt",
            pointing=("content", "excerpt"),
            type_field="type",
        ),
        ItemTable(
            name="media",
            key=("site", "wp_id"),
            spelled="site wp_id:INTEGER title slug language alt_text mime_type media_type source_url original_url post:INTEGER "
            "width:INTEGER height:INTEGER filesize:INTEGER credit copyright status author:INTEGER link date date_gmt "
            f"modified modified_gmt {_HELD} post_item caption description text raw",
            indexes=("mime_type", "site post", "source_url", "date_gmt", "capture", "link", "post_item"),
            partial=(
                *(("gone_since", "gone IS NOT NULL"), ("site", "gone IS NOT NULL"), ("site gone", "partial")),
                ("author_item", "author_item IS NOT NULL"),
            ),
            unique="item",
            extra=(("post_item", "items"),),
            generated=(item_key("item", "'attachment'"), item_key("author_item", "'user'", "author")),
            search=("title", "text"),
            only="attachment",
            title="title",
            content="description",
            excerpt="caption",
            pointing=("caption",),  # a description is rendered by the theme, around the file itself
            type_field="type",
        ),
        ItemTable(
            name="comments",
            key=("site", "wp_id"),
            spelled="site wp_id:INTEGER post:INTEGER parent:INTEGER author:INTEGER author_name author_url date date_gmt "
            f"language status comment_type link via {_HELD} post_item text content raw",
            indexes=("site post", "author_name site privilege", "date_gmt", "status", "capture", "post_item"),
            partial=(
                *(("gone_since", "gone IS NOT NULL"), ("site", "gone IS NOT NULL"), ("site gone", "partial")),
                ("author_item", "author_item IS NOT NULL"),
                ("parent_item", "parent_item IS NOT NULL"),
            ),
            unique="item",
            extra=(("post_item", "items"),),
            generated=(
                item_key("item", "'comment'"),
                item_key("author_item", "'user'", "author"),
                item_key("parent_item", "'comment'", "parent"),
            ),
            search=("author_name", "text"),
            only="comment",
            title="author_name",
            content="content",
            pointing=("content",),
        ),
        ItemTable(
            name="terms",
            key=("site", "taxonomy", "wp_id"),
            spelled=f"site taxonomy wp_id:INTEGER name slug language parent:INTEGER count:INTEGER link {_HELD} description raw",
            indexes=("taxonomy", "slug", "capture"),
            partial=(("site taxonomy", "gone IS NOT NULL"), ("site taxonomy gone", "partial")),
            unique="item",
            generated=(item_key("item", "taxonomy"),),
            type_column="taxonomy",
            title="name",
            content="description",
            type_field="taxonomy",
        ),
        ItemTable(
            name="users",
            key=("site", "wp_id"),
            spelled=f"site wp_id:INTEGER name slug url link {_HELD} description raw",
            indexes=("slug", "capture"),
            partial=(("site", "gone IS NOT NULL"), ("site gone", "partial")),
            unique="item",
            generated=(item_key("item", "'user'"),),
            only="user",
            title="name",
            content="description",
        ),
        ItemTable(
            name="events",
            key=_KEY,
            spelled="site type wp_id:INTEGER title slug status language start end start_utc end_utc timezone all_day:INTEGER "
            f"cost currency venue venue_id:INTEGER organizer website author link date date_gmt modified modified_gmt {_HELD} "
            "excerpt text content raw",
            indexes=(*_INDEXES, "start_utc", "site start_utc", "date_gmt"),
            partial=_PARTIAL,
            unique="item",
            generated=(item_key(), item_key("venue_item", "'tribe.venues'", "venue_id")),
            search=("title", "text"),
            type_column="type",
            title="title",
            content="content",
            excerpt="excerpt",
            pointing=("content", "excerpt"),
        ),
        ItemTable(
            name="products",
            key=_KEY,
            spelled="site type wp_id:INTEGER title slug language sku price:REAL regular_price:REAL sale_price:REAL currency "
            "on_sale:INTEGER stock stock_left:INTEGER rating:REAL reviews:INTEGER product_type parent:INTEGER picture link "
            f"{_HELD} excerpt text content raw",
            indexes=(*_INDEXES, "sku", "price"),
            partial=_PARTIAL,
            unique="item",
            generated=(item_key(),),
            search=("title", "text"),
            type_column="type",
            title="title",
            content="content",
            excerpt="excerpt",
            pointing=("content", "excerpt"),
        ),
        ItemTable(
            name="reviews",
            key=_KEY,
            spelled="site type wp_id:INTEGER reviewer language product:INTEGER product_name rating:REAL verified:INTEGER date "
            f"date_gmt link {_HELD} text content raw",
            indexes=(*_INDEXES, "site product", "rating", "date_gmt"),
            partial=_PARTIAL,
            unique="item",
            generated=(item_key(), item_key("product_item", "'wc.products'", "product")),
            search=("reviewer", "text"),
            type_column="type",
            title="reviewer",
            content="content",
            pointing=("content",),
        ),
        ItemTable(
            name="entries",
            key=_KEY,
            spelled="site type wp_id:INTEGER title slug status language author parent:INTEGER link date date_gmt modified "
            f"modified_gmt {_HELD} excerpt text content raw",
            indexes=(*_INDEXES, "type", "date_gmt"),
            partial=_PARTIAL,
            unique="item",
            generated=(item_key(),),
            search=("title", "text"),
            type_column="type",
            title="title",
            content="content",
            excerpt="excerpt",
            pointing=("content", "excerpt"),
        ),
    )
}
