<?php
/* Loads the lab's WordPress for a script on the command line, as its administrator. */

ini_set('memory_limit', '2G');
$_SERVER += ['HTTP_HOST' => '127.0.0.1', 'REQUEST_URI' => '/', 'SERVER_PROTOCOL' => 'HTTP/1.1',
    'REQUEST_METHOD' => 'GET', 'REMOTE_ADDR' => '127.0.0.1'];
$folder = getenv('WPARCHIVE_LAB') ?: exit("WPARCHIVE_LAB is not set: source env.sh first\n");
require "$folder/site/wp-load.php";
foreach (['image', 'media', 'file', 'user', 'nav-menu', 'taxonomy', 'post', 'upgrade'] as $part) {
    require_once ABSPATH . "wp-admin/includes/$part.php";
}
if (!wp_installing()) {
    wp_set_current_user(get_user_by('login', 'admin')->ID);
    kses_remove_filters();
}
