"""Which files an attachment has, and what the URL of an upload tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wparchive.urls import url_key
from wparchive.wordpress.files.attachment_files import (
    File,
    files_of,
    is_file,
    place,
    unwrapped,
    upload_of,
    wanted_roles,
)

U = "https://example.org/wp-content/uploads/2025/07"


def attachment(**more: object) -> dict[str, object]:
    return {"id": 5, "mime_type": "image/jpeg", "source_url": f"{U}/a.jpg", "media_details": {}, **more}


def roles(item: dict[str, object]) -> dict[str, str]:
    return {file.role: file.url for file in files_of(item)}


def test_a_plain_attachment_has_its_original() -> None:
    assert list(files_of(attachment())) == [File(f"{U}/a.jpg", "original", 5, "image/jpeg")]


def test_a_scaled_attachment_has_its_original_beside_what_is_shown() -> None:
    """`original_image` is a file name only, in the folder of `source_url`."""
    item = attachment(source_url=f"{U}/a-scaled.jpg", media_details={"original_image": "a.jpg"})
    assert roles(item) == {"original": f"{U}/a.jpg", "full": f"{U}/a-scaled.jpg"}


def test_sizes_are_files_and_full_repeats_none() -> None:
    sizes = {
        "thumbnail": {"file": "a-150x150.jpg", "source_url": f"{U}/a-150x150.jpg", "mime_type": "image/jpeg"},
        "large": {"file": "a-1024x683.jpg"},  # plug-ins leave the URL out
        "full": {"file": "a.jpg", "source_url": f"{U}/a.jpg"},
        "broken": {"width": 10},
    }
    found = roles(attachment(media_details={"sizes": sizes}))
    assert found == {
        "original": f"{U}/a.jpg",
        "size:thumbnail": f"{U}/a-150x150.jpg",
        "size:large": f"{U}/a-1024x683.jpg",
    }


def test_variants_in_other_formats_and_companions_are_files_too() -> None:
    details = {
        "source_image": "a.heic",
        "sources": {"image/webp": {"file": "a.webp"}},
        "sizes": {"medium": {"file": "a-300x200.jpg", "sources": {"image/avif": {"file": "a-300x200.avif"}}}},
    }
    found = roles(attachment(media_details=details))
    assert found["source"] == f"{U}/a.heic"
    assert found["full:image/webp"] == f"{U}/a.webp"
    assert found["size:medium:image/avif"] == f"{U}/a-300x200.avif"


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "..", ".", "", "a/b.jpg", "a\\b.jpg", "a\0.jpg", "a\r\nb", "x" * 300, 7, None, ["a.jpg"]],
)
def test_a_name_that_is_no_plain_name_names_no_file(name: object) -> None:
    assert roles(attachment(media_details={"original_image": name})) == {"original": f"{U}/a.jpg"}


@pytest.mark.parametrize(
    ("name", "end"),
    [("a?b.jpg", "a%3Fb.jpg"), ("50%.jpg", "50%25.jpg"), ("a#b.jpg", "a%23b.jpg"), ("фото.jpg", "фото.jpg")],
)
def test_a_name_stays_one_name_in_the_url(name: str, end: str) -> None:
    assert roles(attachment(media_details={"original_image": name}))["original"] == f"{U}/{end}"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "ftp://example.org/a.jpg", "https://u:p@example.org/a.jpg", "//", "",
     "http://[::1", "https://example.org/a\r\nb", "data:image/png;base64,AA==", 5, None, {"x": 1}],
)  # fmt: skip
def test_what_is_no_web_address_is_a_file_that_nobody_can_have(url: object) -> None:
    """It is named, so it is told, with the reason; it is never asked for."""
    (file,) = files_of(attachment(source_url=url, media_details={"original_image": "b.jpg", "source_image": "c.heic"}))
    assert file.fault and not url_key(file.url)
    assert file.url == (url.strip() if isinstance(url, str) and url else "attachment/5")


def test_a_size_without_a_url_of_use_is_found_by_its_name() -> None:
    size = {"file": "a-1x1.jpg", "source_url": "https://u:p@example.org/a-1x1.jpg"}
    assert roles(attachment(media_details={"sizes": {"x": size}}))["size:x"] == f"{U}/a-1x1.jpg"


@pytest.mark.parametrize("details", [[], None, "x", {"sizes": []}, {"sizes": {"a": 5}}, {"sizes": {"a": {"file": []}}}])
def test_any_shape_of_details_is_borne(details: object) -> None:
    assert roles(attachment(media_details=details)) == {"original": f"{U}/a.jpg"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_nothing_raises_for_what_a_site_sends(value: object) -> None:
    for item in (
        {"source_url": value, "media_details": value},
        attachment(media_details={"sizes": value, "sources": value}),
    ):
        for file in files_of(item, "https://example.org/"):
            assert bool(url_key(file.url)) is not bool(file.fault)


def test_relative_and_schemeless_urls_are_resolved() -> None:
    assert [file.fault for file in files_of(attachment(source_url="/a.jpg"))] == ["not an http or https URL"]
    found = [file.url for file in files_of(attachment(source_url="//cdn.example.net/a.jpg"), "https://example.org/")]
    assert found == ["https://cdn.example.net/a.jpg"]


def test_one_file_has_one_key_however_it_is_spelled() -> None:
    assert url_key("HTTP://Example.ORG:80/Фото.jpg#x") == "http://example.org/%D0%A4%D0%BE%D1%82%D0%BE.jpg"
    assert url_key("https://example.org/a b.jpg") == "https://example.org/a%20b.jpg"
    assert url_key("https://example.org/%d0%a4.jpg") == "https://example.org/%d0%a4.jpg"  # nothing is re-encoded
    assert url_key("https://пример.рф/a.jpg").startswith("https://xn--")


def test_a_place_is_the_same_for_every_scheme_query_and_name_of_the_own_host() -> None:
    own = ("example.org", "www.example.org")
    spellings = ("http://example.org/u/a%20b.jpg?v=2", "https://www.example.org/u/a b.jpg#x")
    assert {place(url, own) for url in spellings} == {"/u/a b.jpg"}
    assert place("https://other.example/u/a%20b.jpg", own) == "other.example/u/a b.jpg"


@pytest.mark.parametrize(
    ("url", "behind"),
    [
        ("https://i0.wp.com/example.org/a.jpg?w=300", "http://example.org/a.jpg"),
        ("https://i2.wp.com/example.org/a.jpg?fit=1%2C2&ssl=1", "https://example.org/a.jpg"),
        ("https://res.cloudinary.com/x/image/fetch/w_3/https://example.org/a.jpg", "https://example.org/a.jpg"),
        ("https://example.org/cdn-cgi/image/width=3/https:/example.org/a.jpg", "https://example.org/a.jpg"),
        ("https://images.weserv.nl/?w=3&url=example.org%2Fa.jpg", "http://example.org/a.jpg"),
        ("https://x.files.wordpress.com/2020/01/a.jpg?w=300&h=2", "https://x.files.wordpress.com/2020/01/a.jpg"),
        ("https://example.org/a.jpg?v=3", "https://example.org/a.jpg?v=3"),
    ],
)
def test_image_proxies_are_taken_off(url: str, behind: str) -> None:
    assert unwrapped(url) == behind


@pytest.mark.parametrize(
    ("url", "home", "parent", "slugs"),
    [
        (f"{U}/name-150x150.png", "https://example.org/", "name.png", ("name",)),
        (f"{U}/name-scaled.jpg", "https://example.org/", "name.jpg", ("name",)),
        (f"{U}/name-e1700000000000-300x200.jpg", "https://example.org/", "name.jpg", ("name",)),
        (f"{U}/My_Photo.2-1.JPG", "https://example.org/", "My_Photo.2-1.JPG", ("my_photo-2-1", "my_photo-2")),
        (f"{U}/report-pdf-212x300.jpg", "https://example.org/", "report.pdf", ("report",)),
        ("http://a.example/blog/wp-content/uploads/x.png?w=3", "http://a.example/blog/", "x.png", ("x",)),
        ("https://a.example/files/2020/01/x.png", "https://a.example/", "x.png", ("x",)),
        ("https://i0.wp.com/a.example/wp-content/uploads/2020/01/x-1x1.png", "http://a.example/", "x.png", ("x",)),
    ],
)
def test_the_url_of_an_upload_names_its_site_and_its_parent(
    url: str, home: str, parent: str, slugs: tuple[str, ...]
) -> None:
    found = upload_of(url)
    assert found is not None
    assert (found.home, found.parent, found.slugs) == (home, parent, slugs)


@pytest.mark.parametrize(
    "url", ["https://example.org/a.jpg", "https://example.org/files/a.jpg", "x", "https://a/wp-content/uploads/"]
)
def test_other_urls_are_no_uploads(url: str) -> None:
    assert upload_of(url) is None


def test_files_are_told_by_their_names() -> None:
    assert is_file("https://example.org/a.JPEG?x=1")
    assert is_file("https://example.org/a.pdf")
    assert not is_file("https://example.org/about/")
    assert not is_file("https://example.org/index.php")


@pytest.mark.parametrize(
    ("policy", "wanted"),
    [
        ("none", set()),
        ("originals", {"original"}),
        ("used", {"original", "size:large"}),
        ("all", {"original", "full", "size:large", "size:thumb"}),
    ],
)
def test_each_policy_takes_its_roles(policy: str, wanted: set[str]) -> None:
    some = {role: File(f"{U}/{role}", role, 5) for role in ("original", "full", "size:large", "size:thumb")}
    assert {role for role, file in some.items() if wanted_roles(policy, file, used=role == "size:large")} == wanted
