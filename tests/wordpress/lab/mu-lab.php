<?php
/*
 * The lab's plug-in: content types of its own, the plain-permalink port, and knobs for tests.
 *
 * Knobs are keys of the option `lab_knobs`:
 *   counter      a number: every article shows it as a view counter, as statistics plug-ins do
 *   no_books     true: books and genres are gone with their routes, as after deactivating a plug-in
 *   closed_users true: the users' routes answer 401 to strangers, as security plug-ins do
 *   poisoned     a post's id: rendering it ends in a fatal error
 */

add_filter('wp_is_application_passwords_available', '__return_true');
add_filter('pre_wp_mail', '__return_true');

if ((int) ($_SERVER['SERVER_PORT'] ?? 0) === LAB_PLAIN_PORT) {
    add_filter('pre_option_permalink_structure', '__return_empty_string');
}

function lab_knob($name) {
    return ((array) get_option('lab_knobs', []))[$name] ?? null;
}

add_action('init', function () {
    $shown = ['public' => true, 'show_in_rest' => true];
    register_taxonomy('mood', ['post', 'book'], $shown + ['label' => 'Moods']);
    register_taxonomy('internal_flag', ['post'], ['label' => 'Flags', 'public' => false, 'show_in_rest' => false]);
    if (!lab_knob('no_books')) {
        register_taxonomy('genre', ['book'], $shown + ['label' => 'Genres', 'hierarchical' => true, 'rest_base' => 'genres']);
        register_post_type('book', $shown + ['label' => 'Books', 'rest_base' => 'books', 'has_archive' => true,
            'supports' => ['title', 'editor', 'author', 'thumbnail', 'excerpt', 'comments', 'revisions', 'custom-fields'],
            'taxonomies' => ['genre', 'mood', 'post_tag']]);
    }
    // Hierarchical, in a namespace of its own: found only through the type's own links.
    register_post_type('event', $shown + ['label' => 'Events', 'hierarchical' => true, 'rest_base' => 'events',
        'rest_namespace' => 'lab/v1', 'supports' => ['title', 'editor', 'page-attributes', 'custom-fields', 'revisions']]);
    register_post_type('secret', ['label' => 'Hidden', 'public' => true, 'show_in_rest' => false]);

    $single = ['show_in_rest' => true, 'single' => true];
    register_post_meta('post', 'lab_rating', $single + ['type' => 'number']);
    register_post_meta('post', 'lab_sources', ['single' => true, 'type' => 'array',
        'show_in_rest' => ['schema' => ['type' => 'array', 'items' => ['type' => 'string']]]]);
    register_post_meta('book', 'lab_isbn', $single + ['type' => 'string']);
    register_term_meta('category', 'lab_color', $single + ['type' => 'string']);
    register_meta('user', 'lab_bio_url', $single + ['type' => 'string']);
}, 0);

add_action('after_setup_theme', function () {
    register_nav_menus(['primary' => 'Primary', 'footer' => 'Footer']);
    add_theme_support('post-thumbnails');
});

add_action('rest_api_init', function () {
    register_rest_field('post', 'lab_word_count', [
        'get_callback' => fn($post) => str_word_count(wp_strip_all_tags($post['content']['rendered'] ?? '')),
        'schema' => ['type' => 'integer', 'context' => ['view', 'edit', 'embed']],
    ]);
    register_rest_route('lab/v1', '/ping', ['methods' => 'GET', 'permission_callback' => '__return_true',
        'callback' => fn() => ['pong' => true, 'time' => time()]]);
});

add_filter('the_content', function ($html) {
    if (get_the_ID() && get_the_ID() === (int) lab_knob('poisoned')) {
        throw new Error('poisoned');
    }
    $count = lab_knob('counter');
    return $count === null ? $html : "$html\n<div class=\"post-views post-views-count\">$count views</div>";
}, 99);

add_filter('rest_pre_dispatch', function ($result, $server, $request) {
    $closed = lab_knob('closed_users') && !is_user_logged_in() && str_starts_with($request->get_route(), '/wp/v2/users');
    return $closed ? new WP_Error('rest_user_cannot_view', 'Closed.', ['status' => 401]) : $result;
}, 10, 3);
