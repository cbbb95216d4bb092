<?php
/* Run by up.sh: makes the WordPress tables if they aren't there, and sets what the lab relies on. */

define('WP_INSTALLING', true);
require __DIR__ . '/wordpress.php';
global $wp_rewrite, $wp_version;

if (!is_blog_installed()) {
    wp_install('Lab Блог 实验室', 'admin', 'admin@example.test', true, '', 'admin-pw');
}
update_option('timezone_string', 'Europe/Kyiv');
$themes = array_keys(wp_get_themes());
if ($themes && !in_array(get_option('stylesheet'), $themes, true)) {
    switch_theme(end($themes));
}
$wp_rewrite->init();
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%day%/%postname%/');
$wp_rewrite->flush_rules(false);
echo "WordPress $wp_version, theme " . get_option('stylesheet') . ", log in as admin with admin-pw\n";
