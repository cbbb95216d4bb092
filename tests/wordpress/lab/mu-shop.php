<?php
/*
 * A calendar, a shop and an offers list, in the shapes that The Events Calendar's and WooCommerce's documentation give for
 * their REST APIs, out of real posts, terms and comments. Off unless the option `lab_shop` is set: `lab_shop_fill()` makes
 * the content and switches it on.
 *
 * Keys of the option:
 *   twins   true: events, venues and products are listed by /wp/v2 too, as the plug-ins' own post types are
 */

function lab_shop($name = null) {
    $option = get_option('lab_shop');
    return $option && $name ? ($option[$name] ?? null) : (bool) $option;
}

const LAB_SHOP_TYPES = ['tribe_events' => 'Events', 'tribe_venue' => 'Venues', 'tribe_organizer' => 'Organizers', 'product' => 'Products'];

function lab_shop_types() {
    $shown = ['public' => true, 'show_in_rest' => (bool) lab_shop('twins')];
    foreach (LAB_SHOP_TYPES as $type => $label) {
        register_post_type($type, $shown + ['label' => $label, 'supports' => ['title', 'editor', 'excerpt', 'author', 'comments', 'revisions']]);
    }
    register_post_type('offer', ['label' => 'Offers', 'public' => true]);
    register_taxonomy('tribe_events_cat', ['tribe_events'], $shown + ['label' => 'Event categories']);
    register_taxonomy('product_cat', ['product'], $shown + ['label' => 'Product categories']);
    register_taxonomy('product_tag', ['product'], $shown + ['label' => 'Product tags']);
}

add_action('init', function () { if (lab_shop()) lab_shop_types(); }, 1);

/* Fills the site and switches the routes on; prints the ids as JSON. Every number comes from one sequence. */
function lab_shop_fill(int $events = 63, int $products = 37, bool $twins = true): string {
    update_option('lab_shop', ['twins' => $twins]);
    lab_shop_types();
    mt_srand(5);
    $make = function (string $type, string $title, array $meta = [], array $more = []) {
        $id = wp_insert_post($more + ['post_type' => $type, 'post_title' => $title, 'post_status' => 'publish', 'post_author' => 1,
            'post_content' => "<p>About $title, <a href=\"https://tickets.example/\">tickets</a>.</p>", 'post_excerpt' => "In short: $title",
            'post_date' => '2024-01-01 10:00:00', 'post_date_gmt' => '2024-01-01 10:00:00']);
        foreach ($meta as $key => $value) update_post_meta($id, $key, $value);
        return $id;
    };
    $done = ['events' => [], 'venues' => [], 'organizers' => [], 'products' => [], 'reviews' => [], 'offers' => []];
    for ($n = 1; $n <= 7; $n++) $done['venues'][] = $make('tribe_venue', "Hall $n", ['_city' => "Town $n", '_address' => "$n Quay Street"]);
    for ($n = 1; $n <= 3; $n++) $done['organizers'][] = $make('tribe_organizer', "Club $n", ['_website' => "https://club$n.example/"]);
    $terms = array_map(fn($name) => wp_insert_term($name, 'tribe_events_cat')['term_id'], ['Concerts', 'Walks']);
    for ($n = 1; $n <= $events; $n++) {
        $start = 1262304000 + mt_rand(0, 800) * 86400 + mt_rand(0, 23) * 3600;  // 2010 to 2012: all of it past
        if ($n % 9 === 0) $start += 2208988800;                                 // and some decades ahead
        $id = $make('tribe_events', "Event $n", ['_start' => gmdate('Y-m-d H:i:s', $start), '_end' => gmdate('Y-m-d H:i:s', $start + 7200),
            '_venue' => $done['venues'][$n % 7], '_organizer' => $done['organizers'][$n % 3], '_cost' => $n % 4 ? (string) ($n + 5) : '']);
        wp_set_object_terms($id, $terms[$n % 2], 'tribe_events_cat');
        $done['events'][] = $id;
    }
    $make('tribe_events', 'Not yet', ['_start' => '2026-01-01 10:00:00', '_end' => '2026-01-01 11:00:00'], ['post_status' => 'draft']);
    $cats = array_map(fn($name) => wp_insert_term($name, 'product_cat')['term_id'], ['Maps', 'Mugs', 'Prints']);
    for ($n = 1; $n <= $products; $n++) {
        $id = $make('product', "Product $n", ['_sku' => "SKU-$n", '_price' => 100 * $n + 95, '_stock' => $n % 5 ? 'instock' : 'outofstock']);
        wp_set_object_terms($id, $cats[$n % 3], 'product_cat');
        $done['products'][] = $id;
        for ($m = 0; $m < $n % 5; $m++) {
            $done['reviews'][] = $review = wp_insert_comment(['comment_post_ID' => $id, 'comment_type' => 'review', 'comment_approved' => 1,
                'comment_author' => "Buyer $n-$m", 'comment_author_email' => 'b@example.test', 'comment_content' => "Review $m of product $n.",
                'comment_date' => '2024-02-01 09:00:00', 'comment_date_gmt' => '2024-02-01 09:00:00']);
            update_comment_meta($review, 'rating', 1 + ($n + $m) % 5);
        }
    }
    for ($n = 1; $n <= 23; $n++) $done['offers'][] = $make('offer', "Offer $n");
    return wp_json_encode($done);
}

// ---- the calendar

function lab_tribe_list(WP_REST_Request $request, string $name, array $query, callable $show) {
    $size = min(50, max(1, (int) $request['per_page'])); $page = max(1, (int) $request['page']);
    $found = new WP_Query($query + ['post_status' => 'publish', 'posts_per_page' => $size, 'paged' => $page, 'ignore_sticky_posts' => true]);
    if (!$found->posts && $page > 1) {
        return new WP_Error(($name === 'events' ? 'event' : rtrim($name, 's')) . '-archive-page-not-found', 'No such page', ['status' => 404]);
    }
    $pages = (int) ceil($found->found_posts / $size); $here = rest_url("tribe/events/v1/$name/");
    $data = [$name => array_map($show, $found->posts), 'rest_url' => add_query_arg('page', $page, $here)];
    if ($page < $pages) $data['next_rest_url'] = add_query_arg(['page' => $page + 1, 'per_page' => $size], $here);
    return new WP_REST_Response($data + ['total' => (int) $found->found_posts, 'total_pages' => $pages]);
}

function lab_tribe_post(WP_Post $post, array $more): array {
    return ['id' => $post->ID, 'author' => $post->post_author, 'status' => $post->post_status, 'date' => $post->post_date,
        'date_utc' => $post->post_date_gmt, 'modified' => $post->post_modified, 'modified_utc' => $post->post_modified_gmt,
        'url' => get_permalink($post), 'slug' => $post->post_name] + $more;
}

function lab_tribe_venue(WP_Post $post): array {
    return lab_tribe_post($post, ['venue' => $post->post_title, 'description' => wpautop($post->post_content),
        'address' => get_post_meta($post->ID, '_address', true), 'city' => get_post_meta($post->ID, '_city', true), 'show_map' => true]);
}

function lab_tribe_organizer(WP_Post $post): array {
    return lab_tribe_post($post, ['organizer' => $post->post_title, 'description' => wpautop($post->post_content),
        'website' => get_post_meta($post->ID, '_website', true)]);
}

function lab_tribe_event(WP_Post $post): array {
    $meta = fn($name) => get_post_meta($post->ID, $name, true);
    [$venue, $organizer] = [get_post((int) $meta('_venue')), get_post((int) $meta('_organizer'))];
    return lab_tribe_post($post, ['rest_url' => rest_url("tribe/events/v1/events/$post->ID"), 'title' => $post->post_title,
        'description' => wpautop($post->post_content), 'excerpt' => wpautop($post->post_excerpt), 'image' => false, 'all_day' => false,
        'start_date' => $meta('_start'), 'end_date' => $meta('_end'), 'utc_start_date' => $meta('_start'), 'utc_end_date' => $meta('_end'),
        'timezone' => 'UTC+0', 'cost' => $meta('_cost') === '' ? '' : '£' . $meta('_cost'),
        'cost_details' => ['currency_symbol' => '£', 'currency_position' => 'prefix', 'values' => array_filter([$meta('_cost')])],
        'website' => "https://events.example/$post->ID", 'featured' => false, 'sticky' => false,
        'categories' => array_map(fn($term) => ['id' => $term->term_id, 'name' => $term->name, 'slug' => $term->slug], wp_get_object_terms($post->ID, 'tribe_events_cat')),
        'tags' => [], 'venue' => $venue ? lab_tribe_venue($venue) : [], 'organizer' => $organizer ? [lab_tribe_organizer($organizer)] : []]);
}

function lab_tribe_one(WP_REST_Request $request, string $type, string $name, callable $show) {
    $post = get_post((int) $request['id']);
    if (!$post || $post->post_type !== $type) return new WP_Error("$name-not-found", 'It does not exist', ['status' => 404]);
    return $post->post_status === 'publish' ? $show($post) : new WP_Error("$name-not-accessible", 'Not accessible', ['status' => 403]);
}

function lab_tribe_terms(WP_REST_Request $request, string $name, string $taxonomy) {
    $terms = get_terms(['taxonomy' => $taxonomy, 'hide_empty' => false]);
    return ['total' => count($terms), 'total_pages' => 1, 'rest_url' => rest_url("tribe/events/v1/$name/"),
        $name => array_map(fn($term) => ['id' => $term->term_id, 'name' => $term->name, 'slug' => $term->slug, 'count' => $term->count], array_values($terms))];
}

// ---- the shop

function lab_wc_product(WP_Post $post): array {
    $meta = fn($name) => get_post_meta($post->ID, $name, true);
    $price = (string) $meta('_price'); $ratings = [];
    foreach (get_comments(['post_id' => $post->ID, 'type' => 'review', 'status' => 'approve']) as $one) $ratings[] = (int) get_comment_meta($one->comment_ID, 'rating', true);
    return ['id' => $post->ID, 'name' => $post->post_title, 'slug' => $post->post_name, 'parent' => 0, 'type' => 'simple', 'variation' => '',
        'permalink' => get_permalink($post), 'sku' => $meta('_sku'), 'short_description' => wpautop($post->post_excerpt),
        'description' => wpautop($post->post_content), 'on_sale' => false,
        'prices' => ['price' => $price, 'regular_price' => $price, 'sale_price' => $price, 'price_range' => null, 'currency_code' => 'GBP',
            'currency_symbol' => '£', 'currency_minor_unit' => 2, 'currency_decimal_separator' => '.', 'currency_prefix' => '£'],
        'price_html' => "<span>£$price</span>", 'average_rating' => $ratings ? (string) round(array_sum($ratings) / count($ratings), 2) : '0',
        'review_count' => count($ratings), 'images' => [], 'tags' => [], 'attributes' => [],
        'categories' => array_map(fn($term) => ['id' => $term->term_id, 'name' => $term->name, 'slug' => $term->slug], wp_get_object_terms($post->ID, 'product_cat')),
        'is_purchasable' => true, 'is_in_stock' => $meta('_stock') === 'instock', 'is_on_backorder' => false, 'low_stock_remaining' => null,
        'add_to_cart' => ['text' => 'Add to cart', 'url' => "?add-to-cart=$post->ID"], '_links' => ['self' => [['href' => rest_url("wc/store/v1/products/$post->ID")]],
            'collection' => [['href' => rest_url('wc/store/v1/products')]]]];
}

function lab_wc_review(WP_Comment $one): array {
    return ['id' => (int) $one->comment_ID, 'date_created' => str_replace(' ', 'T', $one->comment_date), 'formatted_date_created' => $one->comment_date,
        'date_created_gmt' => str_replace(' ', 'T', $one->comment_date_gmt), 'product_id' => (int) $one->comment_post_ID,
        'product_name' => get_the_title($one->comment_post_ID), 'product_permalink' => get_permalink($one->comment_post_ID), 'product_image' => null,
        'reviewer' => $one->comment_author, 'review' => wpautop($one->comment_content), 'rating' => (int) get_comment_meta($one->comment_ID, 'rating', true),
        'verified' => false, 'reviewer_avatar_urls' => ['24' => 'https://secure.gravatar.com/avatar/0?s=24'],
        '_links' => ['collection' => [['href' => rest_url('wc/store/v1/products/reviews')]], 'up' => [['href' => rest_url("wc/store/v1/products/$one->comment_post_ID")]]]];
}

function lab_wc_answer(array $items, int $total, int $size): WP_REST_Response {
    $response = new WP_REST_Response($items);
    $response->header('X-WP-Total', (string) $total);
    $response->header('X-WP-TotalPages', (string) ceil($total / $size));
    return $response;
}

function lab_wc_products(WP_REST_Request $request) {
    $size = (int) $request['per_page'];
    $found = new WP_Query(['post_type' => 'product', 'post_status' => 'publish', 'posts_per_page' => $size, 'paged' => (int) $request['page'],
        'orderby' => $request['orderby'] === 'id' ? 'ID' : 'date', 'order' => $request['order']]);
    return lab_wc_answer(array_map('lab_wc_product', $found->posts), (int) $found->found_posts, $size);
}

function lab_wc_reviews(WP_REST_Request $request) {
    $size = (int) $request['per_page'];
    $query = ['type' => 'review', 'status' => 'approve', 'post_status' => 'publish', 'post_type' => 'product'];
    $found = get_comments($query + ['number' => $size, 'offset' => $size * ((int) $request['page'] - 1), 'order' => $request['order'],
        'orderby' => $request['orderby'] === 'id' ? 'comment_ID' : 'comment_date_gmt']);
    return lab_wc_answer(array_map('lab_wc_review', $found), (int) get_comments($query + ['count' => true]), $size);
}

add_action('rest_api_init', function () {
    if (!lab_shop()) return;
    $open = ['methods' => 'GET', 'permission_callback' => '__return_true'];
    $number = ['type' => 'integer', 'required' => false];
    $calendar = ['page' => $number + ['default' => 1], 'per_page' => $number + ['default' => 10]];
    $tribe = fn($route, $callback, $args = []) => register_rest_route('tribe/events/v1', $route, $open + ['callback' => $callback, 'args' => $args]);
    // Without a start only what is to come; without an end, two years of it.
    $tribe('/events', fn($request) => lab_tribe_list($request, 'events', ['post_type' => 'tribe_events', 'meta_key' => '_start', 'orderby' => 'meta_value',
        'order' => 'ASC', 'meta_query' => [['key' => '_start', 'compare' => 'BETWEEN', 'value' => [
            $request['start_date'] ?: gmdate('Y-m-d H:i:s'), $request['end_date'] ?: gmdate('Y-m-d H:i:s', time() + 2 * YEAR_IN_SECONDS)]]]], 'lab_tribe_event'),
        $calendar + ['start_date' => ['required' => false], 'end_date' => ['required' => false], 'search' => ['required' => false]]);
    $tribe('/venues', fn($request) => lab_tribe_list($request, 'venues', ['post_type' => 'tribe_venue', 'orderby' => 'title', 'order' => 'ASC'], 'lab_tribe_venue'), $calendar);
    $tribe('/organizers', fn($request) => lab_tribe_list($request, 'organizers', ['post_type' => 'tribe_organizer', 'orderby' => 'title', 'order' => 'ASC'], 'lab_tribe_organizer'), $calendar);
    $tribe('/categories', fn($request) => lab_tribe_terms($request, 'categories', 'tribe_events_cat'), $calendar);
    $tribe('/tags', fn($request) => lab_tribe_terms($request, 'tags', 'post_tag'), $calendar);
    foreach (['event' => 'tribe_events', 'venue' => 'tribe_venue', 'organizer' => 'tribe_organizer'] as $name => $type) {
        $tribe("/{$name}s/(?P<id>\\d+)", fn($request) => lab_tribe_one($request, $type, $name, "lab_tribe_$name"), ['id' => $number]);
    }

    $order = fn(...$by) => ['order' => ['type' => 'string', 'enum' => ['asc', 'desc'], 'default' => 'desc'], 'orderby' => ['type' => 'string', 'enum' => $by, 'default' => $by[0]],
        'page' => $number + ['default' => 1, 'minimum' => 1], 'per_page' => $number + ['default' => 10, 'minimum' => 0, 'maximum' => 100]];
    foreach (['wc/store', 'wc/store/v1'] as $namespace) {
        $shop = fn($route, $callback, $args = []) => register_rest_route($namespace, $route, $open + ['callback' => $callback, 'args' => $args]);
        $shop('/products', 'lab_wc_products', $order('date', 'id', 'title', 'price'));
        $shop('/products/(?P<id>[\d]+)', function ($request) {
            $post = get_post((int) $request['id']);
            return $post && $post->post_type === 'product' && $post->post_status === 'publish' ? lab_wc_product($post)
                : new WP_Error('woocommerce_rest_product_invalid_id', 'Invalid product ID.', ['status' => 404]);
        });
        $shop('/products/reviews', 'lab_wc_reviews', $order('date', 'date_gmt', 'id', 'rating', 'product'));
        foreach (['categories' => 'product_cat', 'tags' => 'product_tag'] as $name => $taxonomy) {
            $shop("/products/$name", fn() => array_map(fn($term) => ['id' => $term->term_id, 'name' => $term->name, 'slug' => $term->slug, 'description' => '', 'parent' => 0,
                'count' => $term->count, 'image' => null, 'review_count' => 0, 'permalink' => get_term_link($term)], array_values(get_terms(['taxonomy' => $taxonomy, 'hide_empty' => false]))),
                $order('name', 'slug', 'count'));
        }
        $shop('/products/attributes', fn() => [['id' => 1, 'name' => 'Size', 'taxonomy' => 'pa_size', 'type' => 'select', 'order' => 'menu_order', 'has_archives' => false]]);
        $shop('/cart', fn() => ['items' => [], 'totals' => ['total_items' => 0]]);
    }

    // A plug-in that nobody knows: pages by limit and offset in an envelope of its own.
    $deals = fn($route, $callback, $args = [], $methods = 'GET', $may = '__return_true') => register_rest_route('deals/v1', $route,
        ['methods' => $methods, 'permission_callback' => $may, 'callback' => $callback, 'args' => $args]);
    $limits = ['limit' => $number + ['default' => 5, 'maximum' => 10], 'offset' => $number + ['default' => 0]];
    $deals('/offers', function ($request) {
        $all = get_posts(['post_type' => 'offer', 'numberposts' => -1, 'orderby' => 'ID', 'order' => 'ASC']);
        return ['success' => true, 'data' => ['items' => array_map(fn($post) => ['id' => $post->ID, 'title' => $post->post_title, 'body' => $post->post_content,
            'url' => get_permalink($post)], array_slice($all, (int) $request['offset'], max(1, (int) $request['limit']))), 'pagination' => ['total' => count($all)]]];
    }, $limits);
    $deals('/offers/(?P<id>\d+)', function ($request) {
        $post = get_post((int) $request['id']);
        return $post && $post->post_type === 'offer' && $post->post_status === 'publish' ? ['id' => $post->ID, 'title' => $post->post_title,
            'body' => $post->post_content, 'url' => get_permalink($post)] : new WP_Error('deals_invalid_id', 'None', ['status' => 404]);
    });
    $deals('/members', fn() => [], $limits, 'GET', fn() => false);
    $deals('/search', fn() => [], $limits, 'POST');
    $deals('/words', fn() => [['word' => 'quay'], ['word' => 'slip']], $limits);
    $deals('/quote', fn() => [], $limits + ['product' => ['type' => 'integer', 'required' => true]]);
});
