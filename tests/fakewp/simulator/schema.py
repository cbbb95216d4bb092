"""The parameters of each kind of route, as the index states them and as requests are judged by them."""

from typing import Any

from fakewp.simulator.model import PostType, Site, Taxonomy

__all__ = [
    "Args",
    "comment_args",
    "context_arg",
    "item_args",
    "post_args",
    "revision_args",
    "search_args",
    "term_args",
    "user_args",
]

Args = dict[str, dict[str, Any]]
_STATUSES = [
    "publish",
    "future",
    "draft",
    "pending",
    "private",
    "trash",
    "auto-draft",
    "inherit",
    "request-pending",
    "request-confirmed",
    "request-failed",
    "request-completed",
    "any",
]


def _arg(description: str, kind: Any = "string", **more: Any) -> dict[str, Any]:
    return {"description": description, "type": kind, **more, "required": False}


def _ids(description: str, **more: Any) -> dict[str, Any]:
    return _arg(description, "array", items={"type": "integer"}, **more)


def _enum(description: str, default: str, *choices: str) -> dict[str, Any]:
    return _arg(description, default=default, enum=list(choices))


def _moment(what: str) -> dict[str, Any]:
    return _arg(f"Limit response to {what} a given ISO8601 compliant date.", format="date-time")


def context_arg() -> dict[str, Any]:
    """The parameter that every readable route has."""
    return _enum(
        "Scope under which the request is made; determines fields present in response.", "view", "view", "embed", "edit"
    )


def _listed(per_page: int | None = 10) -> Args:
    size = _arg("Maximum number of items to be returned in result set.", "integer", minimum=1, maximum=100)
    return {
        "context": context_arg(),
        "page": _arg("Current page of the collection.", "integer", default=1, minimum=1),
        "per_page": size if per_page is None else {**size, "default": per_page},
        "search": _arg("Limit results to those matching a string."),
    }


def _chosen() -> Args:
    return {
        "exclude": _ids("Ensure result set excludes specific IDs.", default=[]),
        "include": _ids("Limit result set to specific IDs.", default=[]),
    }


def post_args(site: Site, kind: PostType, version: tuple[int, int]) -> Args:
    """What a collection of posts, pages, media or a custom type takes."""
    args = _listed()
    args["after"] = _moment("posts published after")
    if version >= (5, 7):
        args["modified_after"] = _moment("posts modified after")
    if "author" in kind.supports:
        args["author"] = _ids("Limit result set to posts assigned to specific authors.", default=[])
        args["author_exclude"] = _ids("Ensure result set excludes posts assigned to specific authors.", default=[])
    args["before"] = _moment("posts published before")
    if version >= (5, 7):
        args["modified_before"] = _moment("posts modified before")
    args |= _chosen()
    args["offset"] = _arg("Offset the result set by a specific number of items.", "integer")
    order = ["author", "date", "id", "include", "modified", "parent", "relevance", "slug", "include_slugs", "title"]
    if "page-attributes" in kind.supports:
        order.append("menu_order")
        args["menu_order"] = _arg("Limit result set to posts with a specific menu_order value.", "integer")
    args["order"] = _enum("Order sort attribute ascending or descending.", "desc", "asc", "desc")
    args["orderby"] = _enum("Sort collection by post attribute.", "date", *order)
    if kind.hierarchical or kind.slug == "attachment":
        args["parent"] = _ids("Limit result set to items with particular parent IDs.", default=[])
        args["parent_exclude"] = _ids(
            "Limit result set to all items except those of a particular parent ID.", default=[]
        )
    args["slug"] = _arg("Limit result set to posts with one or more specific slugs.", "array", items={"type": "string"})
    media = kind.slug == "attachment"
    args["status"] = {
        "default": "inherit" if media else "publish",
        "description": "Limit result set to posts assigned one or more statuses.",
        "type": "array",
        "items": {"enum": ["inherit", "private", "trash"] if media else _STATUSES, "type": "string"},
        "required": False,
    }
    if media:
        args["media_type"] = _arg(
            "Limit result set to attachments of a particular media type.",
            default=None,
            enum=["image", "video", "text", "application", "audio"],
        )
        args["mime_type"] = _arg("Limit result set to attachments of a particular MIME type.", default=None)
    return args | _term_filters(site, kind)


def _term_filters(site: Site, kind: PostType) -> Args:
    taxonomies = [site.taxonomies[slug] for slug in kind.taxonomies if slug in site.taxonomies]
    args: Args = {}
    if taxonomies:
        args["tax_relation"] = _arg(
            "Limit result set based on relationship between multiple taxonomies.", enum=["AND", "OR"]
        )
    for taxonomy in taxonomies:
        words = f"items with specific terms assigned in the {taxonomy.base} taxonomy."
        args[taxonomy.base] = _arg(f"Limit result set to {words}", ["object", "array"], items={"type": "integer"})
        args[f"{taxonomy.base}_exclude"] = _arg(
            f"Limit result set to all but {words}", ["object", "array"], items={"type": "integer"}
        )
    if kind.slug == "post":
        args["sticky"] = _arg("Limit result set to items that are sticky.", "boolean")
    return args


def item_args(noun: str) -> Args:
    """What a single item takes."""
    return {
        "id": _arg(f"Unique identifier for the {noun}.", "integer"),
        "context": context_arg(),
        "password": _arg("The password for the post if it is password protected."),
    }


def revision_args() -> Args:
    """What the revisions of a post take: no default page size, so all of them come at once."""
    return {
        "parent": _arg("The ID for the parent of the revision.", "integer"),
        **_listed(None),
        **_chosen(),
        "offset": _arg("Offset the result set by a specific number of items.", "integer"),
        "order": _enum("Order sort attribute ascending or descending.", "desc", "asc", "desc"),
        "orderby": _enum(
            "Sort collection by object attribute.",
            "date",
            "date",
            "id",
            "include",
            "relevance",
            "slug",
            "include_slugs",
            "title",
        ),
    }


def comment_args() -> Args:
    """What the comments take."""
    return {
        **_listed(),
        "after": _moment("comments published after"),
        "author": _ids("Limit result set to comments assigned to specific user IDs. Requires authorization."),
        "author_exclude": _ids(
            "Ensure result set excludes comments assigned to specific user IDs. Requires authorization."
        ),
        "author_email": _arg(
            "Limit result set to that from a specific author email. Requires authorization.", default=None
        ),
        "before": _moment("comments published before"),
        **_chosen(),
        "offset": _arg("Offset the result set by a specific number of items.", "integer"),
        "order": _enum("Order sort attribute ascending or descending.", "desc", "asc", "desc"),
        "orderby": _enum(
            "Sort collection by comment attribute.",
            "date_gmt",
            "date",
            "date_gmt",
            "id",
            "include",
            "post",
            "parent",
            "type",
        ),
        "parent": _ids("Limit result set to comments of specific parent IDs.", default=[]),
        "parent_exclude": _ids("Ensure result set excludes specific parent IDs.", default=[]),
        "post": _ids("Limit result set to comments assigned to specific post IDs.", default=[]),
        "status": _arg(
            "Limit result set to comments assigned a specific status. Requires authorization.", default="approve"
        ),
        "type": _arg(
            "Limit result set to comments assigned a specific type. Requires authorization.", default="comment"
        ),
        "password": _arg("The password for the post if it is password protected."),
    }


def user_args() -> Args:
    """What the users take."""
    return {
        **_listed(),
        **_chosen(),
        "offset": _arg("Offset the result set by a specific number of items.", "integer"),
        "order": _enum("Order sort attribute ascending or descending.", "asc", "asc", "desc"),
        "orderby": _enum(
            "Sort collection by user attribute.",
            "name",
            "id",
            "include",
            "name",
            "registered_date",
            "slug",
            "include_slugs",
            "email",
            "url",
        ),
        "slug": _arg("Limit result set to users with one or more specific slugs.", "array", items={"type": "string"}),
        "roles": _arg(
            "Limit result set to users matching at least one specific role provided.", "array", items={"type": "string"}
        ),
        "capabilities": _arg(
            "Limit result set to users matching at least one specific capability provided.",
            "array",
            items={"type": "string"},
        ),
        "who": _arg("Limit result set to users who are considered authors.", enum=["authors"]),
        "has_published_posts": _arg("Limit result set to users who have published posts.", ["boolean", "array"]),
    }


def term_args(taxonomy: Taxonomy) -> Args:
    """What the terms of a taxonomy take; only flat ones know `offset`."""
    args = {**_listed(), **_chosen()}
    if not taxonomy.hierarchical:
        args["offset"] = _arg("Offset the result set by a specific number of items.", "integer")
    args["order"] = _enum("Order sort attribute ascending or descending.", "asc", "asc", "desc")
    args["orderby"] = _enum(
        "Sort collection by term attribute.",
        "name",
        "id",
        "include",
        "name",
        "slug",
        "include_slugs",
        "term_group",
        "description",
        "count",
    )
    args["hide_empty"] = _arg("Whether to hide terms not assigned to any posts.", "boolean", default=False)
    if taxonomy.hierarchical:
        args["parent"] = _arg("Limit result set to terms assigned to a specific parent.", "integer")
    args["post"] = _arg("Limit result set to terms assigned to a specific post.", "integer", default=None)
    args["slug"] = _arg("Limit result set to terms with one or more specific slugs.", "array", items={"type": "string"})
    return args


def search_args() -> Args:
    """What the search takes."""
    args = _listed()
    args["context"] = _enum(
        "Scope under which the request is made; determines fields present in response.", "view", "view", "embed"
    )
    args["type"] = _enum("Limit results to items of an object type.", "post", "post", "term", "post-format")
    args["subtype"] = _arg(
        "Limit results to items of one or more object subtypes.", "array", items={"type": "string"}, default=["any"]
    )
    return args | _chosen()
