<?php
/*
 * A site whose REST API is closed to strangers while its feeds and sitemaps are open, as security plug-ins leave it.
 * The option `lab_closed` switches it on: `all` closes every route, `lists` all but the index.
 */

add_filter('rest_authentication_errors', function ($result) {
    if (get_option('lab_closed') !== 'all' || is_user_logged_in()) {
        return $result;
    }
    return new WP_Error('rest_not_logged_in', 'Closed.', ['status' => 401]);
});

add_filter('rest_pre_dispatch', function ($result, $server, $request) {
    if (get_option('lab_closed') !== 'lists' || is_user_logged_in() || $request->get_route() === '/') {
        return $result;
    }
    return new WP_Error('rest_cannot_view', 'Closed.', ['status' => 401]);
}, 10, 3);
