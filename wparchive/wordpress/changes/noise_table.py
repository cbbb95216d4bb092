r"""What changes in an item without an edit: a table of patterns, extensible by the configuration.

Each entry is a string; the setting `noise` uses the same syntax:

- `field:NAME`     a field that is not content; `*` stands for anything. It applies to the item and to its `meta` and
                   `acf`; `meta.NAME` applies only to that map
- `class:PATTERN`  an element with content that is not the item's own, by class or id; `*` stands for anything
- `attribute:NAME` an attribute that depends on the request or on the position in the page; `*` stands for anything
- `input:NAME`     a hidden form field, by name; `*` stands for anything
- `place:PLACE`    the content of such an element, or one of its attributes: `div.related a`, `input#hp@value`
- `id:REGEX`       a counter in HTML that depends on the rest of the page: its last group, or the whole match without
                   one, is set to 0. Those in `COUNTERS` apply to classes, ids and what refers to them

Sources: the REST controllers, blocks, widgets and shortcodes of core 4.7 to 7.1, and the output of the plug-ins named.
"""

__all__ = ["COUNTERS", "TABLE"]


def _entries(kind: str, patterns: str) -> tuple[str, ...]:
    return tuple(f"{kind}:{pattern}" for pattern in patterns.split())


_FIELDS = """
_links _embedded class_list avatar_urls author_avatar_urls nonce *_nonce
aioseo_notices aioseo_head* aioseo_breadcrumb* yoast_head yoast_head_json rank_math_* rop_* _monsterinsights_*
jetpack-related-posts jetpack_likes_enabled jetpack_sharing_enabled uagb_comment_info
post_views* views *_views_count pageviews wpp_* reading_time comment_count comments_num
product_name product_permalink product_image formatted_date_created price_html add_to_cart average_rating review_count
rest_url cost_details json_ld reviewer_avatar_urls
"""

# Core's blocks and widgets that show other items, or the site's name.
_OF_CORE = """
wp-block-latest-posts* wp-block-latest-comments* wp-block-archives* wp-block-categories* wp-block-tag-cloud*
wp-block-calendar wp-calendar-table wp-block-rss* wp-block-page-list* wp-block-pages-list* wp-block-navigation*
wp-block-post-template wp-block-query-pagination* wp-block-query-no-results wp-block-query-total wp-block-term-template
wp-block-terms-query wp-block-post-navigation-link post-navigation-link-* wp-block-loginout wp-block-breadcrumbs
wp-block-comments wp-block-comments-* wp-block-comment-* wp-block-post-comments* wp-block-site-title wp-block-site-tagline
wp-block-site-logo wp-block-avatar wp-block-post-author*
widget_recent_entries widget_recent_comments widget_archive widget_categories widget_calendar widget_tag_cloud widget_rss
widget_pages widget_nav_menu widget_meta tagcloud post-navigation posts-navigation comment-navigation nav-links
comment-respond comment-form hentry type-post type-product
"""
# Lists of other items inserted by plug-ins, themes and page builders.
_LISTS = """
*related-posts* *related_posts* *relatedposts* *recent-posts* *recent_posts* *latest-posts* *latest_posts* *popular-posts*
*popular_posts* *prev-next* *previous-next* yarpp* crp_related* wp_rp_* zem_rp* jp-carousel-* wp-block-jetpack-top-posts
jnews_inline_related_post* jnews_related_post* ctaText postTitle
wp-block-jetpack-blogroll wp-block-jetpack-subscriptions wp-block-jetpack-like wp-block-jetpack-sharing-buttons
jetpack_top_posts_widget jetpack-display-remote-posts wp-block-newspack-blocks-* wpnbha shareaholic-canvas
display-posts-listing lcp_catlist* pt-cv-* wp-show-posts* tptn_posts* alm-listing rpwe-block rpwe-ul srpw-*
uagb-post-grid* uagb-post__* wp-block-uagb-post-* wp-block-kadence-posts* kb-posts* kt-blocks-post-* wp-block-stackable-posts
stk-block-posts* ugb-blog-posts* wp-block-coblocks-posts* wp-block-coblocks-post-* ultp-block-* gb-query-loop-* gb-looper-*
ab-block-post-grid* gb-block-post-grid* eael-post-grid* pp-content-post-grid* et_pb_posts et_pb_blog_grid* et_pb_post
fl-post-grid* fl-post-feed* fusion-recent-posts* fusion-blog-* vc_grid-container* vc_basic_grid* td_module_*
elementor-posts-container elementor-loop-container elementor-widget-posts elementor-widget-archive-posts
elementor-widget-nav-menu elementor-widget-post-navigation elementor-widget-login
elementor-widget-wp-widget-recent-* elementor-widget-wp-widget-archives
elementor-widget-wp-widget-categories elementor-widget-wp-widget-calendar elementor-widget-wp-widget-tag_cloud
elementor-widget-wp-widget-rss elementor-widget-wp-widget-pages elementor-widget-wp-widget-nav_menu
wc-block-grid* wc-block-product* wp-block-woocommerce-product-* wp-block-woocommerce-cart* wp-block-woocommerce-checkout*
wp-block-woocommerce-mini-cart* woocommerce-notices-wrapper simple-sitemap-* wsp-container page-list bbpress-forums
tribe-events-view* tribe-events-widget* mec-wrap eventon_events_list em-events-list buddypress
sb_instagram sbi sbi_* cff cff-* ctf ctf-* sby_* sb_youtube_* wdi_feed* spotlight-instagram-feed flick-wrapper ff-stream
ccpw-* juicer-feed fts-* feedzy-* wp-rss-aggregator wpra-* rss-aggregator awesome-weather-wrap splw-* wpc-weather*
"""
# Counters, ratings, reactions, polls, shares, advertisements, consent.
_COUNTED = """
*read-time* *readtime* *reading-time* rt-reading-time span-reading-time bsf-rt-* post-views post-views-* *page-views*
*pageviews* *views-count* *view-count* entry-views comments-link comments-number wpp-* pvc_* tptn_counter* visitor-count*
post-ratings* kk-star-ratings* yasr-* rmp-widgets-container gdrts-* rw-ui-container thumbs-rating-* wpulike* wp_ulike_*
cld-like-dislike* sl-wrapper zilla-likes* *reaction-count* reactions-* dw-reactions* da-reactions-* zuzu_viral_reactions
booster-* twp-like-dislike-button twp-social-share wp-polls* polls-* yop-poll-* give-goal-progress*
sharedaddy sd-sharing* jp-relatedposts* jetpack-likes-widget* addtoany_share_save_container addtoany_content* a2a_kit ssba*
heateor_s*_container sfsi_* essb_links* mashsb-container swp_social_panel* shariff wp-share-button* simplesocialbuttons* apss-*
*social-share* *share-buttons* dpsp-* scriptlesssocialsharing* juiz_sps* et_social_* shareaholic-* addthis_* at-above-post*
at-below-post* really_simple_share* wpusb-* fb-like fb-share-button
code-block-ad* adsbygoogle ai-viewport-* ai-track ai-rotate advads-* quads-* adrotate_* rp4wp-related-posts
"""
# What a site says about an author below each article.
_AUTHORS = """
saboxplugin-* abh_box* m-a-box* molongui-author-box* pp-multiple-authors-* starbox* awpa-* wp-post-author-wrap
"""
# Ad Inserter's blocks are numbered; listings of source code also have classes that begin with `code-block-`.
_AD_INSERTER = " ".join(f"code-block-{number}" for number in range(1, 97))
# Fields that trap robots; their labels and names are random.
_TRAPS = """
*honeypot* grecaptcha* g-recaptcha* h-captcha* wpcf7-captcha* mathcaptcha* math-captcha* captcha-* captcha_*
et_pb_contact_captcha*
*recaptcha-container* cf-turnstile* akismet-fields-container ak_hp_textarea wpforms-field-hp wpforms-*-hp
gform_validation_container gfield--type-honeypot frm_verify* nf-field-hp* fluentform_hp* mc4wp-hp* antispam-*
"""

# Lazy loading and priority depend on an image's position in the page (core 5.5, 5.9, 6.3); the list of its sizes
# depends on which exist; the rest is made for one rendering.
_ATTRIBUTES = """
loading decoding fetchpriority srcset sizes imagesizes imagesrcset data-srcset data-sizes data-lazy-srcset data-lazy-sizes
data-lazy-loaded data-was-processed data-ll-status data-skip-lazy data-no-lazy data-secret data-*nonce* data-instance*
data-unique* data-uniq* data-uuid data-uid data-rand* data-random* data-timestamp data-time-stamp data-token* data-index
data-cache* data-view-id data-request* data-current-url data-page-url data-form_instance data-form-instance
data-view-breakpoint-pointer data-wp-key data-first_digit data-second_digit data-tabindex tabindex nonce
"""

# Fields that record the client, the time or the page of a request.
_INPUTS = """
_wp* *nonce* *token* *csrf* *referer* *referrer* *timestamp* *_time *redirect* *honeypot* ak_* _wpcf7* gform_* state_*
is_submit_* wpforms[* queried_id page_title frm_state *post_id* *page_id* item_key *_url* *_hash *-hash *unique* comment_post_ID
comment_parent __fluent_* _fluentform_* _mc4wp_* forminator_* render_id et_pb_contactform_* contact-form-* give-form-*
_elementor_* *current_page*
"""

_UNIQID = r"(?<![0-9a-z])([56][0-9a-f]{12})(?![0-9a-z])"
_UUID = r"(?<![0-9a-z])([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})(?![0-9a-z])"

COUNTERS: tuple[str, ...] = (
    # Core.
    r"\bgallery-(\d++)(?:-\d++)?(?![\w-])",
    r"\bplaylist-(\d++)(?![\w-])",
    r"\bvideo-\d++-(\d++)(?![\w-])",
    r"\baudio-\d++-(\d++)(?![\w-])",
    r"\bwp-container-(?:[a-z0-9-]{0,80}?-)??([0-9a-f]{1,13})(?![\w-])",
    r"\bwp-elements-([0-9a-f]{1,64})(?![\w-])",
    r"\bwp-custom-css-([0-9a-f]{1,64})(?![\w-])",
    r"\bwp-duotone-(?:[a-z0-9-]{0,80}?-)??([0-9a-f]{1,13})(?![\w-])",
    r"\bwp-block-gallery-(\d++)(?![\w-])",
    r"\bwp-block-search__input-(\d++)(?![\w-])",
    r"\bwp-block-file--media-([0-9a-f-]{1,40})",
    r"\baccordion-item-(\d++)(?![\w])",
    r"\bmodal-(\d++)(?![\w-])",
    # Forms.
    r"\bak_js_(\d++)(?!\w)",
    r"\bwpcf7-f\d++-((?:p\d++-|(?!))?+o\d++)\b",
    r"\bgform_ajax_frame_(\d++)\b",
    r"\bninja-forms-form-\d++-(\d++)\b",
    r"\bff_form_instance_\d++_(\d++)\b",
    r"\bfluentform_\d++_(\d++)\b",
    r"\bmc4wp-form-(\d++)(?![\w-])",
    r"\bCF[0-9a-f]{13}_(\d++)(?!\w)",
    r"\bfld_\d++_(\d++)(?!\w)",
    r"\bevf-form-\d++-(\d++)(?!\w)",
    # Players, galleries, sliders, tables.
    r"\bpowerpress_player_(\d++)(?!\w)",
    r"\bpodcast-player-(\d++)(?!\w)",
    r"\bcastos-player-(\d++)(?!\w)",
    r"\bmep_(\d++)(?!\w)",
    r"\b_ytid_(\d++)(?!\w)",
    r"\bwpfp_([0-9a-f]{32})",
    r"\bfootnote_plugin_[a-z_]{1,40}_\d++_(\d++)",
    r"\btablepress-\d++-no-(\d++)\b",
    r"^table_(\d++)$",
    r"\btiled-gallery-(\d++)\b",
    r"\bgallery-\d++-(\d++)-slideshow\b",
    r"\bmetaslider_container_\d++_(\d++)\b",
    r"\bngg-gallery-\w{1,64}-(\d++)$",
    r"\benvira-gallery-(?:wrap-)?\d++_(\d++)\b",
    r"\bfoogallery-gallery-\d++_(\d++)\b",
    r"\brev_slider_(?:error_|(?!))?+\d++_(\d++)",
    r"\blayerslider_\d++_(\w++)",
    r"\bvc_images[-_]carousel-(\d++-\d++)\b",
    r"^prettyPhoto\[rel-\d++-(\d++)\]$",
    r"\bvc_gid:(\w++)",
    # Page builders and themes that number their modules within a page.
    r"^et_pb_[a-z]++(?:_[a-z]++|(?!))*+_(\d++)(?:_tb_\w++)?$",
    r"^fusion-(?:builder-row|builder-column|builder-nested-column|builder-row-inner|text|title|imageframe|separator|tabs|"
    r"toggle|checklist|content-boxes|button|gallery|image-carousel|section-separator)-(\d++)$",
    r"^button-(\d++)$",
    r"^(?:tdi_|td_uid_)(\w++)$",
    # Tables of contents.
    r"\btoc_container_(\d++)\b",
    r"\bsu[_-][a-z_-]{1,40}[_-]([0-9a-f]{13})$",
    # What PHP generates at random for each rendering.
    _UNIQID,
    _UUID,
)

_ANYWHERE = (
    # The link of a gallery's picture depends on the slug of its parent post, and on whether that is public.
    r"\bgallery-icon[^<>]{0,200}+>\s{0,20}+<a href='([^']{0,4000}+)'",
)

TABLE: tuple[str, ...] = (
    *_entries("field", _FIELDS),
    *_entries("class", _OF_CORE),
    *_entries("class", _LISTS),
    *_entries("class", _COUNTED),
    *_entries("class", _AUTHORS),
    *_entries("class", _AD_INSERTER),
    *_entries("class", _TRAPS),
    *_entries("attribute", _ATTRIBUTES),
    *_entries("input", _INPUTS),
    *(f"id:{pattern}" for pattern in (*COUNTERS, *_ANYWHERE)),
)
