"""What plug-ins, themes and core put into content and change without anybody having edited it: pairs of renderings.

Each row: who, what varies, and two renderings of the same content. Names and forms are public knowledge: the HTML that
visitors of such sites get.
"""

from typing import NamedTuple

__all__ = ["CONTENT", "ROWS", "Row"]


class Row(NamedTuple):
    """Two renderings that nobody's edit sets apart."""

    who: str
    what: str
    one: str
    other: str


_SITE = "https://example.org"
_LIST = f"{_SITE}/wp-json/wp/v2/posts?order=asc&#038;orderby=id&#038;per_page=100"
_ALONE = f"{_SITE}/wp-json/wp/v2/posts/1"


def _numbered(who: str, what: str, html: str, one: str = "1", other: str = "7") -> Row:
    return Row(who, what, html.replace("{}", one), html.replace("{}", other))


_CORE = (
    Row(
        "core latest posts",
        "which posts are the latest",
        '<ul class="wp-block-latest-posts__list wp-block-latest-posts"><li><a href="/a/">A</a></li></ul>',
        '<ul class="wp-block-latest-posts__list wp-block-latest-posts"><li><a href="/b/">B</a></li><li>C</li></ul>',
    ),
    Row(
        "core query loop",
        "the posts and pages of them",
        '<ul class="wp-block-post-template is-layout-flow"><li class="wp-block-post post-5 post type-post"><h2>A</h2></li></ul>'
        '<nav class="wp-block-query-pagination"><a href="?query-1-page=2">Next</a></nav>',
        '<ul class="wp-block-post-template is-layout-flow"><li class="wp-block-post post-9 post type-post"><h2>Z</h2></li></ul>',
    ),
    Row(
        "core latest comments",
        "which comments are the latest",
        '<ol class="wp-block-latest-comments"><li class="wp-block-latest-comments__comment">Ann on A</li></ol>',
        '<div class="wp-block-latest-comments no-comments">No comments to show.</div>',
    ),
    Row(
        "core archives",
        "months and counts",
        '<ul class="wp-block-archives-list wp-block-archives"><li><a href="/2024/01/">January 2024</a> (3)</li></ul>',
        '<ul class="wp-block-archives-list wp-block-archives"><li><a href="/2024/02/">February 2024</a> (1)</li></ul>',
    ),
    _numbered(
        "core archives as a menu",
        "its counter",
        '<div class="wp-block-archives-dropdown wp-block-archives"><label for="wp-block-archives-{}">Archives</label>'
        '<select id="wp-block-archives-{}" name="archive-dropdown"><option>May ({})</option></select></div>',
    ),
    _numbered(
        "core categories",
        "counts",
        '<ul class="wp-block-categories-list wp-block-categories"><li class="cat-item cat-item-1">News ({})</li></ul>',
    ),
    _numbered(
        "core tag cloud",
        "sizes and tags",
        '<p class="wp-block-tag-cloud"><a href="/tag/x/" style="font-size: {}pt;" aria-label="x ({} items)">x</a></p>',
    ),
    Row(
        "core calendar",
        "the month",
        '<div class="wp-block-calendar"><table class="wp-calendar-table"><caption>May 2024</caption></table></div>',
        '<div class="wp-block-calendar"><table class="wp-calendar-table"><caption>June 2024</caption></table></div>',
    ),
    Row(
        "core RSS",
        "another site's news",
        "<ul class=\"wp-block-rss\"><li class='wp-block-rss__item'>One</li></ul>",
        "<ul class=\"wp-block-rss\"><li class='wp-block-rss__item'>Two</li></ul>",
    ),
    Row(
        "core page list",
        "the site's pages",
        '<ul class="wp-block-page-list"><li class="wp-block-pages-list__item"><a href="/a/">A</a></li></ul>',
        '<ul class="wp-block-page-list"><li class="wp-block-pages-list__item"><a href="/b/">B</a></li></ul>',
    ),
    Row(
        "core navigation",
        "the menu and its counters",
        '<nav class="wp-block-navigation" aria-label="Main"><div id="modal-1"><a href="/a/">A</a></div></nav>',
        '<nav class="wp-block-navigation" aria-label="Main"><div id="modal-4"><a href="/b/">B</a></div></nav>',
    ),
    Row(
        "core next and previous",
        "the neighbours",
        '<div class="post-navigation-link-next wp-block-post-navigation-link"><a href="/a/">A</a></div>',
        '<div class="post-navigation-link-next wp-block-post-navigation-link"><a href="/b/">B</a></div>',
    ),
    _numbered(
        "core comments block",
        "comments and the form",
        '<div class="wp-block-comments"><h2 class="wp-block-comments-title">{} responses</h2>'
        '<textarea id="ab{}cd" name="ab{}cd"></textarea></div>',
    ),
    Row(
        "core login link",
        "where it leads back to",
        f'<div class="logged-out wp-block-loginout"><a href="{_SITE}/wp-login.php?redirect_to=x">Log in</a></div>',
        f'<div class="logged-out wp-block-loginout"><a href="{_SITE}/wp-login.php?redirect_to=y">Log in</a></div>',
    ),
    _numbered(
        "core recent posts widget",
        "the posts",
        '<div class="widget widget_recent_entries"><h2>Recent</h2><ul><li>Post {}</li></ul></div>',
    ),
    _numbered("core gallery shortcode", "its counter", "<div id='gallery-{}' class='gallery galleryid-5'>x</div>"),
    _numbered(
        "core gallery block",
        "its counter",
        '<figure class="wp-block-gallery wp-block-gallery-{} is-layout-flex">x</figure>',
    ),
    _numbered("core layout", "its counter", '<div class="wp-block-group wp-container-{} is-layout-flow">x</div>'),
    _numbered(
        "core layout of 6.4",
        "its counter",
        '<div class="wp-block-group wp-container-core-group-layout-{} is-layout-flow">x</div>',
    ),
    _numbered("core elements", "its hash", '<p class="has-link-color wp-elements-{}">x</p>', "1a2b3c", "ffee11"),
    _numbered(
        "core search",
        "its counter",
        '<form class="wp-block-search"><label for="wp-block-search__input-{}">Search</label>'
        '<input id="wp-block-search__input-{}" name="s"></form>',
    ),
    _numbered(
        "core video shortcode",
        "its counter",
        '<video id="video-5-{}" controls><source src="https://example.org/v.mp4?_={}" /></video>',
    ),
    Row(
        "core video shortcode, the first of a page",
        "what only the first one prints",
        "<!--[if lt IE 9]><script>document.createElement('video');</script><![endif]-->\n<video id=\"video-5-1\">x</video>",
        '<video id="video-5-2">x</video>',
    ),
    _numbered(
        "core embed of a WordPress",
        "its secret",
        '<blockquote class="wp-embedded-content" data-secret="{}"><a href="https://b.example/">B</a></blockquote>'
        '<iframe src="https://b.example/embed/#?secret={}" data-secret="{}"></iframe>',
        "aB3dE6gH9k",
        "zY1xW2vU3t",
    ),
    _numbered(
        "core lightbox",
        "its id",
        '<figure data-wp-context="{&quot;imageId&quot;:&quot;{}&quot;}" class="wp-block-image"><img src="/a.jpg"></figure>',
        "65f0a1b2c3d4e",
        "65f0a1b2c3d99",
    ),
    Row(
        "core lazy loading",
        "which image is the first",
        '<img fetchpriority="high" decoding="async" src="/a.jpg" alt="a" sizes="(max-width: 9px) 100vw, 9px" />',
        '<img loading="lazy" decoding="async" src="/a.jpg" alt="a" sizes="auto, (max-width: 9px) 100vw, 9px" />',
    ),
    Row(
        "core srcset",
        "which sizes there are",
        '<img src="/a.jpg" srcset="/a.jpg 900w, /a-300x200.jpg 300w" sizes="100vw" alt="a">',
        '<img src="/a.jpg" alt="a">',
    ),
    Row(
        "core styles at first use",
        "which block of the page is the first",
        "<style id='wp-block-cover-inline-css'>.wp-block-cover{min-height:430px}</style>\n<div class=\"wp-block-cover\">x</div>",
        '<div class="wp-block-cover">x</div>',
    ),
    _numbered("core nonce", "its value", '<a href="/x/?a=1&#038;_wpnonce={}">x</a>', "0123456789", "abcdef0123"),
    Row(
        "core texturize",
        "how quotes are written",
        "<p>It&#8217;s &#8220;so&#8221;&hellip;</p>",
        "<p>It\u2019s \u201cso\u201d\u2026</p>",
    ),
    Row(
        "core entities",
        "how an ampersand is written",
        '<a href="/?a=1&#038;b=2">x &amp; y</a>',
        '<a href="/?a=1&amp;b=2">x &#38; y</a>',
    ),
    Row("editors' spaces", "how a hard space is written", "<p>a&nbsp;b</p>", "<p>a\u00a0b</p>"),
    Row("editors of Apple", "which form of Unicode", "<p>caf\u00e9</p>", "<p>cafe\u0301</p>"),
    Row(
        "core antispambot",
        "which letters are encoded",
        '<a href="mailto:&#97;&#110;n&#64;%65xample.org">&#97;nn&#64;example.org</a>',
        '<a href="mailto:a%6en&#64;e&#120;ample.org">a&#110;n@ex&#97;mple.org</a>',
    ),
    Row(
        "core antispambot, escaped once more",
        "which letters are encoded",
        "<p>a&amp;#110;n@example.org</p>",
        "<p>&amp;#97;nn@example.org</p>",
    ),
    Row(
        "Cloudflare",
        "the key of an address",
        '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="1071507e3e7f62">[email&#160;protected]</a>',
        '<a href="/cdn-cgi/l/email-protection" class="__cf_email__" data-cfemail="2a4b6a44044558">[email&#160;protected]</a>',
    ),
)
_REQUESTS = (
    Row(
        "contact forms",
        "the request as the form's target",
        '<form action="/wp-json/wp/v2/posts?order=asc&#038;per_page=100#f">x</form>',
        '<form action="/wp-json/wp/v2/posts/1#f">x</form>',
    ),
    Row(
        "plain permalinks",
        "the form of the root",
        f'<a href="{_SITE}/index.php?rest_route=/wp/v2/posts&#038;per_page=100&#038;page=2">this page</a>',
        f'<a href="{_LIST}">this page</a>',
    ),
    Row(
        "plain permalinks, encoded",
        "the form of the root",
        f'<a href="{_SITE}/?rest_route=%2Fwp%2Fv2%2Fposts%2F1">this page</a>',
        f'<a href="{_ALONE}">this page</a>',
    ),
    Row(
        "login links",
        "the request inside a link",
        f'<a href="{_SITE}/wp-login.php?redirect_to=https%3A%2F%2Fexample.org%2Fwp-json%2Fwp%2Fv2%2Fposts'
        '%3Fper_page%3D100%26page%3D2">in</a>',
        f'<a href="{_SITE}/wp-login.php?redirect_to=https%3A%2F%2Fexample.org%2Fwp-json%2Fwp%2Fv2%2Fposts%2F1">in</a>',
    ),
    Row(
        "share links",
        "the request inside a link of another site",
        '<a href="https://share.example/?u=https%3A%2F%2Fwww.example.org%2Fwp-json%2Fwp%2Fv2%2Fposts%3Fpage%3D2&amp;t=Title">s</a>',
        '<a href="https://share.example/?u=http%3A%2F%2Fexample.org%2Fwp-json%2Fwp%2Fv2%2Fposts&amp;t=Title">s</a>',
    ),
    Row(
        "scripts' settings",
        "the request in JSON",
        '<div data-settings="{&quot;url&quot;:&quot;https:\\/\\/example.org\\/wp-json\\/wp\\/v2\\/posts?page=2&quot;}">x</div>',
        '<div data-settings="{&quot;url&quot;:&quot;https:\\/\\/example.org\\/wp-json\\/wp\\/v2\\/posts\\/1&quot;}">x</div>',
    ),
)
_FOUND_IN_REPORTS = (
    _numbered(
        "JNews",
        "the articles inside an article",
        '<div class="jnews_inline_related_post_wrapper left"><div class="jnews_inline_related_post"><h3>RELATED</h3><article '
        'class="jeg_post"><h3 class="jeg_post_title"><a href="https://example.org/{}/">Story {}</a></h3></article></div></div>',
    ),
    _numbered(
        "Simple Author Box",
        "what an author says of himself",
        '<div class="saboxplugin-wrap" itemtype="http://schema.org/Person"><div class="saboxplugin-authorname"><a href="/a/">A'
        '</a></div><div class="saboxplugin-desc"><p>Editor of {} articles.</p></div></div>',
    ),
    _numbered(
        "PublishPress Authors",
        "what an author says of himself",
        '<div class="pp-multiple-authors-boxes-wrapper box-post-id-5"><ul><li><p>Editor of {} articles.</p></li></ul></div>',
    ),
    _numbered(
        "Ad Inserter",
        "which advertisement is shown",
        "<div class='code-block code-block-{}' style='margin: 8px 0;'>\n<p>Buy this for {} now</p></div>",
    ),
    _numbered(
        "core themes", "how many comments", '<p class="comments-link"><a href="/a/#comments">{} comments</a></p>'
    ),
    _numbered(
        "Cryptocurrency Widgets",
        "prices",
        '<div class="ccpw-ticker-widget" id="ccpw-5"><ul><li>Bitcoin <span class="price-value">{}</span></li></ul></div>',
    ),
)
_FORMS = (
    _numbered(
        "Akismet",
        "its counter",
        '<p style="display: none !important;" class="akismet-fields-container" data-prefix="ak_"><label>&#916;<textarea '
        'name="ak_hp_textarea"></textarea></label><input type="hidden" id="ak_js_{}" name="ak_js" value="{}"/></p>',
    ),
    _numbered(
        "Akismet, alone", "its counter", '<input type="hidden" id="ak_js_{}" name="ak_js" value="17"/>', "51", "3"
    ),
    _numbered(
        "Antispam Bee",
        "the name of the field",
        '<div id="respond" class="comment-respond"><textarea id="{}" name="{}"></textarea></div>',
        "a0e8d2ab4c",
        "d83afe0c11",
    ),
    _numbered(
        "Contact Form 7",
        "its counter",
        '<div class="wpcf7 no-js" id="wpcf7-f12-o{}" lang="en-US"><form action="/wp-json/wp/v2/posts?page={}#wpcf7-f12-o{}">'
        '<input type="hidden" name="_wpcf7_unit_tag" value="wpcf7-f12-o{}" /></form></div>',
    ),
    _numbered(
        "Contact Form 7, honeypot",
        "its label",
        '<span id="wpcf7-honeypot-{}" class="wpcf7-form-control-wrap honeypot-{}-wrap"><label>Leave {} empty</label></span>',
    ),
    _numbered(
        "WPForms",
        "the label of its honeypot",
        '<div class="wpforms-field wpforms-field-hp"><label for="wpforms-5-field-hp">{}</label><input name="wpforms[hp]"></div>',
        "Phone",
        "Website",
    ),
    _numbered(
        "WPForms of today",
        "the field for robots",
        '<div id="wpforms-5-field_3-container" class="wpforms-field wpforms-field-text" style="position: absolute !important; '
        'left: -9999px"><label>{}</label><input name="wpforms[fields][3]"></div>',
        "Email Name",
        "Message",
    ),
    _numbered(
        "WPForms, token",
        "its value",
        '<form id="wpforms-form-5" data-token="{}" data-token-time="17{}">x</form>',
    ),
    _numbered(
        "Gravity Forms",
        "the label of its honeypot, and its state",
        "<li id='field_1_9' class='gfield gform_validation_container'><label>{}</label><input name='input_9'></li>"
        "<input type='hidden' class='gform_hidden' name='state_1' value='WyJ{}' />",
    ),
    _numbered(
        "Ninja Forms",
        "its counter",
        '<div id="ninja-forms-form-2-{}"><input type="hidden" name="_ninja_nonce" value="x{}"></div>',
    ),
    _numbered(
        "Fluent Forms",
        "its counter and nonce",
        '<form id="fluentform_3" class="ff_form_instance_3_{}" data-form_instance="ff_form_instance_3_{}"><input type="hidden" '
        'name="_fluentform_3_fluentformnonce" value="{}"></form>',
    ),
    _numbered(
        "Formidable", "its trap", '<div class="frm_verify" id="frm_field_{}_container"><label>If human {}</label></div>'
    ),
    _numbered(
        "Forminator",
        "ids drawn by time",
        '<label for="forminator-field-name-1_{}" id="forminator-field-name-1_{}">N</label>',
        "65f0a1b2c3d4e",
        "66f0a1b2c3d99",
    ),
    _numbered(
        "Mailchimp for WordPress",
        "its counter and time",
        '<form id="mc4wp-form-{}" class="mc4wp-form"><input type="hidden" name="_mc4wp_timestamp" value="{}" /></form>',
    ),
    _numbered("Caldera Forms", "its counter", '<div id="CF5f0a1b2c3d4e5_{}"><input id="fld_123_{}"></div>'),
    _numbered(
        "captchas", "the question", '<p class="mathcaptcha-wrap"><span class="math-captcha-form">{} + 1 =</span></p>'
    ),
    _numbered("Cloudflare Turnstile", "its id", '<div id="cf-turnstile-cf7-{}" class="cf-turnstile">x</div>'),
    _numbered("Jetpack forms", "its hash", '<input type="hidden" name="contact-form-hash" value="{}">'),
    _numbered("GiveWP", "what was given", '<div class="give-goal-progress"><span class="income">${}00</span></div>'),
)
_PAGES = (
    _numbered(
        "PowerPress",
        "its counter",
        '<div class="powerpress_player" id="powerpress_player_{}"><audio src="/a.mp3"></audio></div>',
        "1457",
        "9021",
    ),
    _numbered(
        "Divi",
        "counters of modules",
        '<div class="et_pb_section et_pb_section_{}"><div class="et_pb_row et_pb_row_{}"><div class="et_pb_column '
        'et_pb_column_4_4 et_pb_column_{}">x</div></div></div>',
        "1",
        "10",
    ),
    _numbered(
        "Divi, in a template",
        "counters of modules",
        '<div class="et_pb_module et_pb_text et_pb_text_{}_tb_body">x</div>',
    ),
    _numbered("Divi, blog", "the posts", '<article class="et_pb_post post-{} post type-post hentry">Post {}</article>'),
    _numbered(
        "Avada",
        "counters of elements",
        '<div class="fusion-fullwidth fusion-builder-row-{}"><div class="fusion-text fusion-text-{}">x</div></div>',
    ),
    _numbered(
        "Newspaper",
        "ids drawn by lot",
        '<div id="tdi_{}" class="tdc-row"><div class="td_uid_{}_rand">x</div></div>',
        "12",
        "88",
    ),
    Row(
        "Elementor",
        "styles at first use",
        '<style>/*! elementor - v3.6.5 */.elementor-heading-title{padding:0}</style><h2 class="elementor-heading-title">x</h2>',
        '<h2 class="elementor-heading-title">x</h2>',
    ),
    _numbered(
        "Elementor, posts",
        "the posts",
        '<div class="elementor-posts-container"><article class="elementor-post">Post {}</article></div>',
    ),
    _numbered(
        "WPBakery",
        "relations drawn by lot",
        '<a class="prettyphoto" href="/a.jpg" data-rel="prettyPhoto[rel-12-{}]">x</a>',
        "1234567",
        "7654321",
    ),
    _numbered(
        "WPBakery, carousel", "its counter", '<div id="vc_images-carousel-{}-1712345678" class="vc_slide">x</div>'
    ),
    _numbered(
        "TablePress",
        "its counter",
        '<table id="tablepress-5-no-{}" class="tablepress tablepress-id-5"><tr><td>1</td></tr></table>',
    ),
    _numbered(
        "Slider Revolution",
        "its counter",
        '<div id="rev_slider_7_{}_wrapper" data-x="1"><div id="rev_slider_7_{}">x</div></div>',
    ),
    _numbered("MetaSlider", "its counter", '<div id="metaslider_container_9_{}">x</div>'),
    _numbered("Jetpack galleries", "its counter", '<div class="tiled-gallery" id="tiled-gallery-{}">x</div>'),
    _numbered(
        "Shortcodes Ultimate",
        "ids drawn by time",
        '<div id="su_slider_{}" class="su-slider">x</div>',
        "65f0a1b2c3d4e",
        "66f0a1b2c3d99",
    ),
    _numbered(
        "Easy Table of Contents",
        "ids drawn by time",
        '<label for="ez-toc-cssicon-toggle-item-{}">Toc</label><input id="ez-toc-cssicon-toggle-item-{}">',
        "65f0a1b2c3d4e",
        "66f0a1b2c3d99",
    ),
    _numbered(
        "any accordion",
        "ids drawn by lot",
        '<a href="#acc-{}" aria-controls="acc-{}">x</a><div id="acc-{}">y</div>',
        "0b54c4b1-93d0-4c7e-8c62-8f0c1de2a001",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    ),
    _numbered("any slider", "its instance", '<div class="slider" data-instance="{}" data-unique-id="{}">x</div>'),
    _numbered(
        "any script", "a nonce", '<script>var x = {"ajax":"/a","nonce":"{}"};</script>', "0123456789", "abcdef0123"
    ),
    _numbered(
        "any file", "the version for caches", '<img src="/a.jpg?ver={}" alt="a"><a href="/b.pdf?t={}&#038;x=1">b</a>'
    ),
    _numbered(
        "signed files",
        "signatures",
        '<img src="https://cdn.example/a.jpg?X-Amz-Date={}&#038;X-Amz-Signature={}" alt="a">',
    ),
    Row(
        "lazy loaders",
        "whether the placeholder stands there",
        '<img class="x lazyload" src="data:image/gif;base64,R0" data-src="/a.jpg" alt="a">'
        '<noscript><img src="/a.jpg" alt="a"></noscript>',
        '<img class="x" src="/a.jpg" alt="a">',
    ),
    _numbered("caches", "when they were made", "<!-- cached {} seconds ago -->x"),
)
_MORE = (
    _numbered(
        "Divi, contact form",
        "its question and counters",
        '<div id="et_pb_contact_form_{}" class="et_pb_contact_form_{}"><input name="et_pb_contact_name_{}">'
        '<div class="et_pb_contact_right"><p class="et_pb_contact_captcha_question">{} + 9</p></div></div>',
        "1",
        "2",
    ),
    _numbered(
        "WPForms, where it was shown",
        "title and address",
        '<input type="hidden" name="page_title" value="{}"><input type="hidden" name="page_url" value="{}">'
        '<input type="hidden" name="wpforms[post_id]" value="{}">',
    ),
    _numbered(
        "Embed Plus",
        "ids drawn by lot",
        '<iframe id="_ytid_{}" src="https://www.youtube.com/embed/x"></iframe>',
        "41250",
        "9817",
    ),
    _numbered(
        "footnotes",
        "which list of the page",
        '<a href="#footnote_plugin_reference_5_{}_1">1</a><i id="footnote_plugin_reference_5_{}_1">n</i>',
    ),
    _numbered(
        "lightboxes", "the gallery's counter", '<a href="/a.jpg" data-fancybox="gallery-{}" data-rel="gallery-{}">x</a>'
    ),
    _numbered(
        "inline scripts",
        "a counter in a handler",
        '<a id="powerpress_player_{}" onclick="play(\'powerpress_player_{}\')">x</a>',
    ),
    Row(
        "core scripts at first use",
        "what is printed once",
        "<script id='wp-playlist-js' src='/wp-includes/js/p.js?ver=1'></script><div class=\"a\">x</div>",
        '<div class="a">x</div>',
    ),
    Row(
        "styles linked at first use",
        "what is printed once",
        "<link rel='stylesheet' id='x-css' href='/x.css?ver=1' media='all' />\n<div class=\"a\">x</div>",
        '<div class="a">x</div>',
    ),
)
_OTHERS = (
    _numbered(
        "Jetpack related posts",
        "the posts",
        "<div id='jp-relatedposts' class='jp-relatedposts'><h3>Related {}</h3></div>",
    ),
    _numbered("YARPP", "the posts", "<div class='yarpp yarpp-related'><h3>Related</h3><ol><li>Post {}</li></ol></div>"),
    _numbered("Contextual Related Posts", "the posts", '<div class="crp_related"><ul><li>Post {}</li></ul></div>'),
    _numbered(
        "themes' related posts", "the posts", '<section class="my-related-posts-wrap"><h3>More {}</h3></section>'
    ),
    _numbered(
        "themes' neighbours",
        "the neighbours",
        '<nav class="navigation post-navigation"><div class="nav-links">{}</div></nav>',
    ),
    _numbered("Display Posts", "the posts", '<ul class="display-posts-listing"><li class="listing-item">{}</li></ul>'),
    _numbered("List Category Posts", "the posts", '<ul class="lcp_catlist" id="lcp_instance_{}"><li>{}</li></ul>'),
    _numbered(
        "Content Views",
        "the posts",
        '<div class="pt-cv-wrapper"><div class="pt-cv-view" id="pt-cv-view-{}">{}</div></div>',
    ),
    _numbered(
        "Newspack",
        "the posts",
        '<div class="wp-block-newspack-blocks-homepage-articles wpnbha"><article>{}</article></div>',
    ),
    _numbered(
        "Spectra", "the posts", '<div class="wp-block-uagb-post-grid uagb-post-grid"><article>{}</article></div>'
    ),
    _numbered("Kadence", "the posts", '<ul class="wp-block-kadence-posts kb-posts"><li>{}</li></ul>'),
    _numbered(
        "WooCommerce",
        "the products",
        '<ul class="products columns-4"><li class="product type-product post-{}">Tea {}</li></ul>',
    ),
    _numbered(
        "WooCommerce blocks",
        "the products",
        '<div class="wc-block-grid wp-block-product-new"><ul class="wc-block-grid__products"><li>{}</li></ul></div>',
    ),
    _numbered(
        "The Events Calendar",
        "the events",
        '<div class="tribe-events-view tribe-events-view--list" data-view-breakpoint-pointer="{}">{}</div>',
    ),
    _numbered(
        "Smash Balloon",
        "the pictures",
        '<div id="sb_instagram" class="sbi sbi_mob_col_1"><div class="sbi_item">{}</div></div>',
    ),
    _numbered("Feedzy", "the news", '<div class="feedzy-rss"><ul><li class="rss_item">{}</li></ul></div>'),
    _numbered("bbPress", "the topics", '<div id="bbpress-forums" class="bbpress-wrapper"><ul><li>{}</li></ul></div>'),
    _numbered(
        "Jetpack sharing",
        "counts",
        '<div class="sharedaddy sd-sharing-enabled"><span class="share-count">{}</span></div>',
    ),
    _numbered(
        "Sassy Social Share", "counts", '<div class="heateor_sss_sharing_container" data-heateor-sss-href="x">{}</div>'
    ),
    _numbered("Post Views Counter", "views", '<div class="post-views content-post post-1 entry-meta">Views: {}</div>'),
    _numbered("WP-PostRatings", "votes", '<div id="post-ratings-1" class="post-ratings">{} votes</div>'),
    _numbered("WP ULike", "likes", '<div class="wpulike wpulike-heart"><span class="count-box">{}</span></div>'),
    _numbered(
        "WP-Polls",
        "votes and nonce",
        '<div id="polls-1" class="wp-polls"><form><input type="hidden" name="wp-polls-nonce" value="{}">{}</form></div>',
    ),
    _numbered("Reading Time WP", "the time", '<span class="span-reading-time rt-reading-time">{} min</span>'),
    _numbered("AdSense", "the advertisement", '<ins class="adsbygoogle" data-ad-slot="{}"></ins>'),
    _numbered("Awesome Weather", "the weather", '<div class="awesome-weather-wrap">{} degrees</div>'),
)
ROWS: tuple[Row, ...] = (*_CORE, *_REQUESTS, *_FOUND_IN_REPORTS, *_FORMS, *_PAGES, *_MORE, *_OTHERS)

# What looks like noise and is somebody's edit: name, before, after, whether a reader sees it.
CONTENT: tuple[tuple[str, str, str, bool], ...] = (
    ("a number in a table", "<table><tr><td>12</td></tr></table>", "<table><tr><td>13</td></tr></table>", True),
    ("a price", "<p>Price: $19.99</p>", "<p>Price: $18.99</p>", True),
    ("a date in text", "<p>Opens on 3 May 2024.</p>", "<p>Opens on 4 May 2024.</p>", True),
    ("a number that looks like a counter", "<p>See gallery-3.</p>", "<p>See gallery-4.</p>", True),
    (
        "a counter's name in text beside it",
        "<div id='gallery-1'>gallery-3</div>",
        "<div id='gallery-1'>gallery-4</div>",
        True,
    ),
    (
        "a listing of source code",
        '<div class="code-block code-block-wrapper"><pre>one</pre></div>',
        '<div class="code-block code-block-wrapper"><pre>two</pre></div>',
        True,
    ),
    (
        "where Inline Related Posts leads to",
        '<a href="/a/" class="u1a2b"><div><span class="ctaText">See also</span>&nbsp; <span class="postTitle">A</span></div></a>',
        '<a href="/b/" class="u1a2b"><div><span class="ctaText">See also</span>&nbsp; <span class="postTitle">B</span></div></a>',
        False,
    ),
    ("an address", '<a href="mailto:ann@example.org">ann</a>', '<a href="mailto:bob@example.org">ann</a>', False),
    (
        "an address that Cloudflare hides",
        '<span class="__cf_email__" data-cfemail="1071507e3e7f62">[email&#160;protected]</span>',
        '<span class="__cf_email__" data-cfemail="1072507e3e7f62">[email&#160;protected]</span>',
        True,
    ),
    ("an alternative text", '<img src="/a.jpg" alt="a cat">', '<img src="/a.jpg" alt="a dog">', False),
    (
        "a picture",
        '<img src="/a.jpg" srcset="/a.jpg 2x" alt="">',
        '<img src="/b.jpg" srcset="/b.jpg 2x" alt="">',
        False,
    ),
    ("a lazily loaded picture", '<img src="data:x" data-src="/a.jpg">', '<img src="data:x" data-src="/b.jpg">', False),
    ("a link's target", '<a href="/a/">x</a>', '<a href="/b/">x</a>', False),
    ("a link's number", '<a href="/?p=12">x</a>', '<a href="/?p=13">x</a>', False),
    ("a link with a counter's name", '<a href="/gallery-3/">x</a>', '<a href="/gallery-4/">x</a>', False),
    (
        "a video of a player",
        '<iframe src="https://www.youtube.com/embed/aaa"></iframe>',
        '<iframe src="https://www.youtube.com/embed/bbb"></iframe>',
        False,
    ),
    (
        "a video in a link",
        '<a href="https://www.youtube.com/watch?v=aaa">x</a>',
        '<a href="https://www.youtube.com/watch?v=bbb">x</a>',
        False,
    ),
    (
        "a link to another item of the API",
        '<a href="/wp-json/wp/v2/posts/5">x</a>',
        '<a href="/wp-json/wp/v2/posts/6">x</a>',
        False,
    ),
    (
        "a link to another site's API",
        '<a href="https://b.example/wp-json/wp/v2/posts?page=1">x</a>',
        '<a href="https://b.example/wp-json/wp/v2/posts?page=2">x</a>',
        False,
    ),
    (
        "which picture's class",
        '<img class="wp-image-12" src="/a.jpg">',
        '<img class="wp-image-13" src="/a.jpg">',
        False,
    ),
    ("columns", '<div class="gallery-columns-3">x</div>', '<div class="gallery-columns-4">x</div>', False),
    ("a column's share", '<div class="et_pb_column_1_2">x</div>', '<div class="et_pb_column_1_3">x</div>', False),
    ("which form", '<div id="wpcf7-f12-o1">x</div>', '<div id="wpcf7-f13-o1">x</div>', False),
    ("which table", '<table id="tablepress-5-no-1"></table>', '<table id="tablepress-6-no-1"></table>', False),
    (
        "whom a form pays",
        '<input type="hidden" name="business" value="a@x.org">',
        '<input type="hidden" name="business" value="b@x.org">',
        False,
    ),
    ("a script", "<script>a()</script>", "<script>b()</script>", False),
    (
        "a heading in a query loop",
        '<div class="wp-block-query"><h2>News</h2></div>',
        '<div class="wp-block-query"><h2>Old</h2></div>',
        True,
    ),
    (
        "a label of a form",
        '<form class="wpcf7-form"><label>Name</label></form>',
        '<form class="wpcf7-form"><label>Nom</label></form>',
        True,
    ),
    ("markup as text", "<p>&lt;b&gt;</p>", "<p><b></b></p>", True),
    ("an ampersand in an example", "<p>&amp;lt;</p>", "<p>&lt;</p>", True),
    ("text hidden by its style", '<p style="left:-9999px">a</p>', '<p style="left:-9999px">b</p>', True),
    (
        "a caption",
        "<figure><img src='/a.jpg'><figcaption>a</figcaption></figure>",
        "<figure><img src='/a.jpg'><figcaption>b</figcaption></figure>",
        True,
    ),
)
