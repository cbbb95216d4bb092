<?php
/*
 * Fills the lab's WordPress through WordPress's own functions, the same each time.
 *
 *   php seed.php tiny|small|medium|large|N   wipes the content, makes 24, 60, 2,000, 20,000 or N posts and what goes with them
 *   php seed.php mutate K                    K edits each with a comment, K/5 new posts, K/10 trashed, K/20 deleted; prints the ids as JSON
 *   php seed.php password LOGIN              prints a new application password of that user
 *
 * Every number is drawn from one fixed sequence and every date is fixed, so ids, texts and dates are equal everywhere.
 */

require __DIR__ . '/wordpress.php';
require __DIR__ . '/text.php';
set_time_limit(0);

const SIZES = ['tiny' => 24, 'small' => 60, 'medium' => 2000, 'large' => 20000];
const FIRST_DAY = 1420070400;       // 2015-01-01
const LAST_DAY = 1735689600;        // 2025-01-01
const SAME_SECOND = 1557050400;     // one post in eight is of this very second: ties in every order by date
const FAR_DAY = 4070908800;         // 2099-01-01: scheduled, and never due

$task = $argv[1] ?? 'small';
if ($task === 'password') {
    $user = get_user_by('login', $argv[2] ?? 'admin') ?: fail('no such user');
    [$password] = WP_Application_Passwords::create_new_application_password($user->ID, ['name' => 'lab ' . wp_generate_uuid4()]);
    echo WP_Application_Passwords::chunk_password($password), "\n";
} elseif ($task === 'mutate') {
    echo json_encode(mutate((int) ($argv[2] ?? 20))), "\n";
} else {
    (new Seed(SIZES[$task] ?? (int) $task))->run();
}

function fail(string $why): never {
    fwrite(STDERR, "seed: $why\n");
    exit(1);
}

function made(int|WP_Error $id): int { return is_wp_error($id) ? fail($id->get_error_message()) : $id; }

function put(array $post): int { return made(wp_insert_post(wp_slash($post), true)); }

function moment(): int { return mt_rand(FIRST_DAY, LAST_DAY); }

function dates(int $when): array {
    $gmt = gmdate('Y-m-d H:i:s', $when);
    return ['post_date' => get_date_from_gmt($gmt), 'post_date_gmt' => $gmt];
}

function mutate(int $count): array {
    global $wpdb;
    $round = (int) get_option('lab_mutations', 0) + 1;
    update_option('lab_mutations', $round);
    mt_srand(977 * $round + $count);
    $ids = array_map('intval', $wpdb->get_col("SELECT ID FROM $wpdb->posts WHERE post_type = 'post' AND post_status = 'publish' ORDER BY ID"));
    for ($i = count($ids) - 1; $i > 0; $i--) {
        $j = mt_rand(0, $i);
        [$ids[$i], $ids[$j]] = [$ids[$j], $ids[$i]];
    }
    $done = ['edited' => [], 'comments' => [], 'new' => [], 'trashed' => [], 'deleted' => []];
    foreach (array_splice($ids, 0, $count) as $id) {
        $text = get_post($id)->post_content . "\n\n" . text_block("Edit $round: " . paragraph('en'));
        wp_update_post(wp_slash(['ID' => $id, 'post_content' => $text]));
        $done['edited'][] = $id;
        $done['comments'][] = wp_insert_comment(['comment_post_ID' => $id, 'comment_author' => 'Mutator',
            'comment_author_email' => 'm@example.test', 'comment_content' => sentence('en'), 'comment_approved' => 1]);
    }
    for ($i = 0; $i < intdiv($count, 5); $i++) {
        $done['new'][] = put(['post_title' => title(language()), 'post_content' => article('en', "new-$round-$i"), 'post_status' => 'publish', 'post_author' => 1]);
    }
    foreach (array_splice($ids, 0, intdiv($count, 10)) as $id) { wp_trash_post($id); $done['trashed'][] = $id; }
    foreach (array_splice($ids, 0, intdiv($count, 20)) as $id) { wp_delete_post($id, true); $done['deleted'][] = $id; }
    return $done;
}

/* One filling of the site; the methods run in the order of `run`, each building on what the ones before made. */
final class Seed {
    private array $users = [], $categories = [1], $tags = [], $genres = [], $moods = [];
    private array $images = [], $files = [], $reusable = [], $pages = [], $posts = [], $books = [];
    private float $began;

    public function __construct(private int $size) {
        if ($size < 20) fail('tiny, small, medium, large, or a number of posts from 20 up');
        $this->began = microtime(true);
    }

    public function run(): void {
        global $wpdb, $wp_rewrite;
        $this->wipe();
        mt_srand(20240607);
        wp_defer_term_counting(true);
        wp_defer_comment_counting(true);
        $wpdb->query('SET autocommit = 0');
        foreach (['users', 'terms', 'media', 'pages', 'posts', 'attach', 'books', 'others', 'even_dates', 'comments', 'menus'] as $step) {
            $this->$step();
            $wpdb->query('COMMIT');
            wp_cache_flush();
            printf("[seed %5.1f s] %s\n", microtime(true) - $this->began, $step);
        }
        wp_defer_term_counting(false);
        wp_defer_comment_counting(false);
        update_option('lab_seeded', $this->size);
        $wpdb->query('COMMIT');
        $wpdb->query('SET autocommit = 1');
        delete_option('rewrite_rules');
        $wp_rewrite->flush_rules(false);
    }

    private function part(float $share, int $least, int $most = PHP_INT_MAX): int { return max($least, min($most, (int) ($this->size * $share))); }

    private function wipe(): void {
        global $wpdb;
        foreach (['posts', 'postmeta', 'comments', 'commentmeta', 'term_relationships', 'term_taxonomy', 'terms', 'termmeta'] as $table) {
            $wpdb->query("TRUNCATE {$wpdb->prefix}$table");
        }
        $wpdb->query("DELETE FROM $wpdb->users WHERE ID <> 1");
        $wpdb->query("DELETE FROM $wpdb->usermeta WHERE user_id <> 1");
        $wpdb->query("ALTER TABLE $wpdb->users AUTO_INCREMENT = 2");
        $wpdb->query("DELETE FROM $wpdb->options WHERE option_name LIKE '\\_transient%' OR option_name LIKE '\\_site\\_transient%'
            OR option_name LIKE 'theme_mods_%' OR option_name LIKE 'lab\\_%' OR option_name IN ('sticky_posts', 'category_children', 'genre_children', 'cron')");
        system('rm -rf ' . escapeshellarg(wp_upload_dir()['basedir']) . '/*');
        wp_cache_flush();
        $wpdb->insert($wpdb->terms, ['name' => 'Uncategorized', 'slug' => 'uncategorized']);
        $wpdb->insert($wpdb->term_taxonomy, ['term_id' => 1, 'taxonomy' => 'category', 'description' => '', 'parent' => 0, 'count' => 0]);
        foreach (['default_category' => 1, 'posts_per_page' => 10, 'page_comments' => 0, 'default_comment_status' => 'open',
            'thread_comments_depth' => 5, 'timezone_string' => 'Europe/Kyiv'] as $name => $value) update_option($name, $value);
        // Not the current month's folder: file URLs are to be the same on every day.
        add_filter('upload_dir', fn($folders) => ['subdir' => '/2024/05', 'path' => "{$folders['basedir']}/2024/05", 'url' => "{$folders['baseurl']}/2024/05"] + $folders);
        wp_mkdir_p(wp_upload_dir(null, false, true)['path']);
    }

    private function users(): void {
        $names = ['Олена Коваль', '李雷', 'فاطمة الزهراء', 'Zoë O’Brien', 'John Q. Public', 'Łukasz Żółć'];
        // The contributor writes only drafts and the subscribers only comments: no stranger may see them.
        foreach (['editor' => 2, 'author' => 6, 'contributor' => 1, 'subscriber' => $this->part(.06, 8, 120)] as $role => $count) {
            for ($i = 1; $i <= $count; $i++) {
                $id = wp_insert_user(['user_login' => "$role$i", 'user_pass' => "$role-pw", 'user_email' => "$role$i@example.test", 'role' => $role,
                    'display_name' => $role === 'author' ? $names[$i - 1] : capital("$role $i"), 'user_url' => "https://$role$i.example.test/",
                    'description' => "Bio of $role $i. " . sentence(language()), 'user_registered' => '2014-05-05 10:00:00']);
                $this->users[$role][] = $id;
                if ($role === 'author') update_user_meta($id, 'lab_bio_url', "https://bio.example.test/$id");
            }
        }
    }

    private function author(): int { return pick([1, ...$this->users['editor'], ...$this->users['author'], ...$this->users['author']]); }

    private function term(string $name, string $taxonomy, array $more = []): int {
        $term = wp_insert_term($name, $taxonomy, $more);
        return is_wp_error($term) ? fail("term $name: " . $term->get_error_message()) : $term['term_id'];
    }

    private function terms(): void {
        for ($i = 1; $i <= $this->part(.03, 12, 120); $i++) {
            $language = language();
            $parent = $i > 6 && chance(.6) ? pick(array_slice($this->categories, 1)) : 0;
            $id = $this->term(capital(words($language, 2)) . " $i", 'category', ['parent' => $parent, 'description' => chance(.4) ? sentence($language) : '']);
            $this->categories[] = $id;
            if (chance(.3)) update_term_meta($id, 'lab_color', sprintf('#%06x', mt_rand(0, 0xffffff)));
        }
        for ($i = 1; $i <= $this->part(.15, 20, 2000); $i++) $this->tags[] = $this->term(words(language(), mt_rand(1, 2)) . " $i", 'post_tag');
        foreach (['Fiction', 'Novel', 'Science', 'Физика', '小说', 'Poetry', 'Nobody’s'] as $i => $name) {
            $this->genres[] = $this->term($name, 'genre', ['parent' => $i === 1 || $i === 2 ? $this->genres[0] : 0]);
        }
        foreach (['happy', 'sad', 'сумно', '愤怒', 'calm & “quiet”'] as $name) $this->moods[] = $this->term($name, 'mood');
        $this->term('internal', 'internal_flag');
    }

    private function picture(string $name, int $width, int $height): string {
        $image = imagecreatetruecolor($width, $height);
        $colour = fn() => imagecolorallocate($image, mt_rand(0, 255), mt_rand(0, 255), mt_rand(0, 255));
        imagefilledrectangle($image, 0, 0, $width, $height, $colour());
        for ($i = 0; $i < 8; $i++) imagefilledellipse($image, mt_rand(0, $width), mt_rand(0, $height), mt_rand(20, 200), mt_rand(20, 200), $colour());
        $path = get_temp_dir() . 'wparchive-' . getmypid() . '-' . md5($name);
        match (pathinfo($name, PATHINFO_EXTENSION)) {
            'png' => imagepng($image, $path, 1), 'gif' => imagegif($image, $path), 'webp' => imagewebp($image, $path, 80), default => imagejpeg($image, $path, 80),
        };
        imagedestroy($image);
        return $path;
    }

    /* Through WordPress's own upload, with all its sizes and metadata. */
    private function upload(string $name, string $path, array $more = []): int {
        $when = dates(moment());
        return made(media_handle_sideload(['name' => $name, 'tmp_name' => $path, 'size' => filesize($path), 'error' => 0], 0, null,
            $when + $more + ['post_title' => title(language()), 'post_author' => $this->author()]));
    }

    private function media(): void {
        $real = $this->size < 2000 ? 12 : 40;
        for ($i = 1; $i <= $this->part(.15, 12, 1000); $i++) {
            $id = $i <= $real ? $this->new_image($i) : $this->copied_image($i, $this->images[$i % $real]['id']);
            if (chance(.7)) update_post_meta($id, '_wp_attachment_image_alt', sentence(language()));
            $this->images[] = ['id' => $id, 'url' => wp_get_attachment_image_url($id, 'large')];
        }
        $pdf = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            . "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
        $samples = implode('', array_map(fn($i) => chr(128 + (int) (90 * sin($i / 8))), range(0, 7999)));
        $wave = 'RIFF' . pack('V', 36 + 8000) . 'WAVEfmt ' . pack('VvvVVvv', 16, 1, 1, 8000, 8000, 1, 8) . 'data' . pack('V', 8000) . $samples;
        foreach (['звіт-2024.pdf' => $pdf, 'tone.wav' => $wave, 'notes.txt' => "plain text\n", 'missing.pdf' => $pdf] as $name => $bytes) {
            $path = get_temp_dir() . 'wparchive-' . getmypid() . '-' . md5($name);
            file_put_contents($path, $bytes);
            $this->files[] = $id = $this->upload($name, $path);
            if ($name === 'missing.pdf') unlink(get_attached_file($id));
        }
    }

    private function new_image(int $i): int {
        // The third is so big that WordPress keeps the original beside a -scaled copy.
        [$width, $height] = $i === 3 ? [2700, 1800] : ($i % 4 === 0 ? [600, 900] : ($i % 7 === 0 ? [120, 120] : [1200, 800]));
        $kind = [5 => 'png', 9 => 'gif', 11 => 'webp'][$i] ?? 'jpg';
        $name = [6 => 'Фото з Києва.jpg', 8 => '照片.jpg'][$i] ?? "photo-$i.$kind";
        return $this->upload($name, $this->picture($name, $width, $height), ['post_content' => chance(.5) ? sentence('en') : '', 'post_excerpt' => chance(.5) ? sentence('uk') : '']);
    }

    /* Sizes are slow to make: the many are copies of the few, files and all. */
    private function copied_image(int $i, int $model): int {
        $meta = wp_get_attachment_metadata($model);
        $folder = dirname(get_attached_file($model));
        $rename = function ($old) use ($folder, $i) {
            copy("$folder/$old", "$folder/copy-$i-$old");
            return "copy-$i-$old";
        };
        $meta['file'] = '2024/05/' . $rename(basename($meta['file']));
        foreach ($meta['sizes'] as &$size) $size['file'] = $rename($size['file']);
        if (isset($meta['original_image'])) $meta['original_image'] = $rename($meta['original_image']);
        $file = wp_upload_dir()['path'] . '/' . basename($meta['file']);
        $id = wp_insert_attachment(wp_slash(dates(moment()) + ['post_title' => title(language()), 'post_mime_type' => get_post_mime_type($model),
            'post_status' => 'inherit', 'post_author' => $this->author()]), $file);
        wp_update_attachment_metadata($id, $meta);
        return $id;
    }

    private function pages(): void {
        for ($i = 1; $i <= 5; $i++) {
            $this->reusable[] = put(dates(moment()) + ['post_type' => 'wp_block', 'post_status' => 'publish', 'post_title' => "Reusable $i", 'post_content' => text_block(paragraph('en')), 'post_author' => 1]);
        }
        for ($i = 1; $i <= $this->part(.04, 10); $i++) {
            $language = language();
            // The third is a draft with a published child: a link `up` to what no stranger may read.
            $parent = $i === 5 ? $this->pages[2] : ($i > 5 && chance(.55) ? pick($this->pages) : 0);
            $this->pages[] = put(dates(moment()) + ['post_type' => 'page', 'post_status' => $i === 3 ? 'draft' : ($i > 5 && chance(.05) ? 'private' : 'publish'), 'post_title' => title($language),
                'post_content' => article($language, "page-$i", $this->images, $this->reusable), 'post_parent' => $parent, 'menu_order' => mt_rand(0, 20),
                'post_author' => $this->author(), 'comment_status' => 'closed']);
        }
    }

    /* The first posts are one of each kind; the rest by chance. */
    private function special(int $i): array {
        $classic = "First line\nsecond line\n\n[caption id=\"attachment_{$this->images[0]['id']}\" align=\"alignleft\" width=\"300\"]<img src=\"{$this->images[0]['url']}\" "
            . "class=\"wp-image-{$this->images[0]['id']}\" />A caption[/caption]\n\n<script>alert(1)</script>\n[unknown_shortcode a=\"b\"]";
        $plain = ['post_status' => 'publish', 'post_password' => ''];
        return match ($i) {
            1 => $plain + ['post_title' => 'Very long post', 'post_content' => article('en', 'long', $this->images, $this->reusable, $this->part(.3, 30, 600))],
            2 => $plain + ['post_title' => ''],
            3 => $plain + ['post_title' => '0'],
            4 => $plain + ['post_title' => 'Old as the web'] + dates(870393600),
            5 => $plain + ['post_title' => 'Classic editor, no blocks', 'post_content' => $classic],
            6 => $plain + ['post_title' => 'Empty body', 'post_content' => ''],
            7 => ['post_title' => 'Behind a password', 'post_status' => 'publish', 'post_password' => 'letmein'],
            8 => ['post_title' => 'Private one', 'post_status' => 'private'],
            9 => ['post_title' => 'Draft one', 'post_status' => 'draft', 'post_author' => $this->users['contributor'][0]],
            10 => ['post_title' => 'Scheduled one', 'post_status' => 'future'] + dates(FAR_DAY),
            11 => $plain + ['post_title' => '🚀🎉 👩‍🚀🇺🇦'],
            12 => $plain + ['post_title' => 'Much revised'],
            13 => $plain + ['post_title' => 'To the trash'],
            default => [],
        };
    }

    private function posts(): void {
        global $wpdb;
        $sticky = [];
        $trashed = $this->part(.005, 1);
        for ($i = 1; $i <= $this->size; $i++) {
            $language = language();
            $roll = mt_rand(1, 1000);
            $status = $roll <= 25 ? 'draft' : ($roll <= 40 ? 'private' : ($roll <= 50 ? 'pending' : 'publish'));
            $post = $this->special($i) + ['post_title' => title($language), 'post_content' => article($language, "post-$i", $this->images, $this->reusable),
                'post_excerpt' => chance(.3) ? sentence($language) : '', 'post_status' => $i <= 16 ? 'publish' : $status, 'post_password' => $roll > 980 ? 'letmein' : '',
                'post_author' => $this->author(), 'comment_status' => chance(.85) ? 'open' : 'closed',
                'post_category' => chance(.05) ? [] : array_unique(array_map(fn() => pick($this->categories), range(1, mt_rand(1, 3))))]
                + dates($i % 8 === 0 ? SAME_SECOND : moment());
            $post['meta_input'] = ['_hidden_key' => 'x'] + (chance(.5) ? ['lab_rating' => mt_rand(1, 50) / 10] : [])
                + (chance(.15) ? ['lab_sources' => ["https://source.example.org/$i", 'джерело']] : []) + (chance(.4) ? ['_thumbnail_id' => pick($this->images)['id']] : []);
            $this->posts[] = $id = put($post);
            wp_set_object_terms($id, array_unique(array_map(fn() => pick($this->tags), range(1, mt_rand(1, 5)))), 'post_tag');
            if (chance(.2)) wp_set_object_terms($id, pick($this->moods), 'mood');
            if (chance(.06)) set_post_format($id, pick(['aside', 'video', 'quote', 'link', 'gallery']));
            if ($post['post_status'] === 'publish' && !$post['post_password'] && count($sticky) < 3 && $i > 12 + $trashed) $sticky[] = $id;
            if ($i === 12 || ($i !== 10 && $i % 8 !== 0 && chance($this->size >= 20000 ? .1 : .35))) $this->revise($id, $post, $i === 12 ? 12 : mt_rand(1, 3));
            if ($i % 500 === 0) { $wpdb->query('COMMIT'); wp_cache_flush(); }
        }
        update_option('sticky_posts', $sticky);
        foreach (array_slice($this->posts, 12, $trashed) as $id) wp_trash_post($id);
        wp_create_post_autosave(wp_slash(['post_ID' => $this->posts[14], 'post_title' => 'Autosaved', 'post_content' => 'Autosaved.', 'post_excerpt' => '', 'post_type' => 'post']));
    }

    private function revise(int $id, array $post, int $times): void {
        for ($body = $post['post_content']; $times > 0; $times--) {
            $body .= "\n\n" . text_block("Revision $times: " . sentence('en'));
            wp_update_post(wp_slash(['ID' => $id, 'post_content' => $body]));
        }
    }

    /* Files belong to posts here and there; those of the private, draft, scheduled and trashed one are withheld from strangers. */
    private function attach(): void {
        global $wpdb;
        $owner = fn(int $number) => $this->posts[$number - 1];
        $fixed = [1 => $owner(7), 2 => $owner(8), 3 => $owner(9), 4 => $owner(10), 5 => $owner(13), 6 => $this->pages[0], 7 => 999999];
        foreach ($this->images as $i => $image) {
            $parent = $fixed[$i] ?? ($i % 2 ? pick($this->posts) : 0);
            $wpdb->update($wpdb->posts, ['post_parent' => $parent], ['ID' => $image['id']]);
        }
        // A published post whose featured image may not be read, and one whose image is gone.
        update_post_meta($owner(11), '_thumbnail_id', $this->images[2]['id']);
        update_post_meta($owner(12), '_thumbnail_id', 999998);
    }

    private function books(): void {
        for ($i = 1; $i <= $this->part(.075, 12); $i++) {
            $language = language();
            $this->books[] = $id = put(dates(moment()) + ['post_type' => 'book', 'post_title' => title($language), 'post_content' => article($language, "book-$i", $this->images, [], 3),
                'post_status' => $i === 2 || chance(.05) ? 'draft' : 'publish', 'post_author' => $this->author(), 'meta_input' => ['lab_isbn' => '978-' . mt_rand(1000000, 9999999)], 'comment_status' => 'open']);
            wp_set_object_terms($id, pick(array_slice($this->genres, 0, 6)), 'genre');
            wp_set_object_terms($id, pick($this->tags), 'post_tag');
            if (chance(.3)) wp_update_post(wp_slash(['ID' => $id, 'post_content' => article($language, "book-$i-again", $this->images, [], 4)]));
        }
    }

    private function others(): void {
        $events = [];
        for ($i = 1; $i <= $this->part(.02, 6); $i++) {
            $language = language();
            $events[] = put(dates(moment()) + ['post_type' => 'event', 'post_title' => title($language), 'post_content' => article($language, "event-$i", $this->images, [], 2),
                'post_status' => 'publish', 'post_parent' => $i > 3 && chance(.5) ? pick($events) : 0, 'post_author' => 1]);
        }
        put(dates(moment()) + ['post_type' => 'secret', 'post_title' => 'Not in REST', 'post_content' => 'x', 'post_status' => 'publish', 'post_author' => $this->users['contributor'][0]]);
        put(dates(moment()) + ['post_type' => 'wp_navigation', 'post_status' => 'publish', 'post_title' => 'Navigation', 'post_content' => block('navigation-link', ['label' => 'Home', 'url' => home_url('/')], null)]);
        $template = put(dates(moment()) + ['post_type' => 'wp_template', 'post_status' => 'publish', 'post_name' => 'single', 'post_title' => 'Single', 'post_content' => block('post-title', [], null)]);
        wp_set_object_terms($template, get_stylesheet(), 'wp_theme');
    }

    /* WordPress dates edits and revisions "now"; here they follow from the id. */
    private function even_dates(): void {
        global $wpdb;
        $wpdb->query("UPDATE $wpdb->posts SET post_modified = DATE_ADD(post_date, INTERVAL (ID * 7919) % 900000 SECOND), post_modified_gmt = DATE_ADD(post_date_gmt, INTERVAL (ID * 7919) % 900000 SECOND)
            WHERE post_type <> 'revision' AND post_status NOT IN ('future', 'auto-draft', 'draft', 'pending')");
        $wpdb->query("UPDATE $wpdb->posts SET post_modified = '2025-01-02 12:00:00', post_modified_gmt = '2025-01-02 10:00:00' WHERE post_status IN ('future', 'draft', 'pending')");
        $wpdb->query("UPDATE $wpdb->posts r JOIN $wpdb->posts p ON r.post_parent = p.ID
            SET r.post_date = DATE_SUB(p.post_modified, INTERVAL 100000 - r.ID % 100000 SECOND), r.post_modified = DATE_SUB(p.post_modified, INTERVAL 100000 - r.ID % 100000 SECOND),
                r.post_date_gmt = DATE_SUB(p.post_modified_gmt, INTERVAL 100000 - r.ID % 100000 SECOND), r.post_modified_gmt = DATE_SUB(p.post_modified_gmt, INTERVAL 100000 - r.ID % 100000 SECOND)
            WHERE r.post_type = 'revision'");
        $wpdb->query("UPDATE $wpdb->postmeta SET meta_value = '1735689600' WHERE meta_key = '_wp_trash_meta_time'");
    }

    private function comment(int $post, array $more = []): int {
        $language = language();
        $user = chance(.25) ? get_userdata(pick([...$this->users['subscriber'], ...$this->users['author']])) : null;
        $when = gmdate('Y-m-d H:i:s', moment());
        return wp_insert_comment(wp_slash($more + ['comment_post_ID' => $post, 'comment_author' => $user ? $user->display_name : capital(words($language, 1)) . ' ' . mt_rand(1, 99),
            'comment_author_email' => $user ? $user->user_email : 'c' . mt_rand(1, 500) . '@example.test', 'comment_author_url' => chance(.3) ? 'https://c' . mt_rand(1, 99) . '.example.test/' : '',
            'comment_author_IP' => '10.0.0.' . mt_rand(1, 250), 'comment_agent' => 'lab', 'user_id' => $user ? $user->ID : 0, 'comment_type' => 'comment', 'comment_approved' => '1',
            'comment_content' => paragraph($language) . (chance(.2) ? ' <a href="https://example.org/" rel="nofollow">link</a>' : '') . (chance(.1) ? ' 😀👍🏽' : ''),
            'comment_date' => get_date_from_gmt($when), 'comment_date_gmt' => $when]));
    }

    private function comments(): void {
        global $wpdb;
        $open = array_map('intval', $wpdb->get_col("SELECT ID FROM $wpdb->posts WHERE post_type IN ('post', 'book') AND post_status IN ('publish', 'private') AND comment_status = 'open' ORDER BY ID"));
        $busy = pick($open);
        $threads = [];
        for ($i = 1; $i <= (int) ($this->size * 2.5); $i++) {
            $post = chance(.05) ? $busy : pick($open);
            $roll = mt_rand(1, 1000);
            $approved = $roll <= 30 ? 'spam' : ($roll <= 80 ? '0' : ($roll <= 90 ? 'trash' : '1'));
            $type = $roll > 985 ? 'pingback' : ($roll > 975 ? 'trackback' : 'comment');
            $parent = !empty($threads[$post]) && chance(.4) ? pick($threads[$post]) : 0;
            $id = $this->comment($post, ['comment_approved' => $approved, 'comment_type' => $type, 'comment_parent' => $parent]);
            if ($type === 'comment' && ($approved === '1' || chance(.1))) $threads[$post][] = $id;
            if ($i % 5000 === 0) { $wpdb->query('COMMIT'); wp_cache_flush(); }
        }
        // An answer to what strangers can't read.
        $pending = (int) $wpdb->get_var("SELECT comment_ID FROM $wpdb->comments c JOIN $wpdb->posts p ON p.ID = c.comment_post_ID
            WHERE comment_approved = '0' AND post_status = 'publish' AND post_password = '' ORDER BY comment_ID LIMIT 1");
        $this->comment((int) get_comment($pending)->comment_post_ID, ['comment_parent' => $pending]);
        // On what strangers can't read: behind the password, private, in the trash, in no REST type; and on a file.
        foreach ([7, 8, 13] as $number) $this->comment($this->posts[$number - 1]);
        $this->comment((int) $wpdb->get_var("SELECT ID FROM $wpdb->posts WHERE post_type = 'secret'"));
        $this->comment($this->images[0]['id']);
        $this->comment($this->images[2]['id']);
    }

    private function menus(): void {
        foreach (['Main menu' => 'primary', 'Підвал' => 'footer'] as $name => $place) {
            $menu = wp_create_nav_menu($name);
            $add = fn(array $item) => wp_update_nav_menu_item($menu, 0, ['menu-item-status' => 'publish'] + $item);
            $home = $add(['menu-item-title' => 'Home', 'menu-item-url' => home_url('/')]);
            foreach ([$this->pages[0], $this->pages[1], $this->pages[3]] as $i => $page) {
                $add(['menu-item-object' => 'page', 'menu-item-object-id' => $page, 'menu-item-type' => 'post_type', 'menu-item-parent-id' => $i ? $home : 0]);
            }
            $add(['menu-item-object' => 'category', 'menu-item-object-id' => $this->categories[1], 'menu-item-type' => 'taxonomy']);
            $add(['menu-item-title' => 'External ↗', 'menu-item-url' => 'https://example.org/?a=1&b=2']);
            set_theme_mod('nav_menu_locations', [$place => $menu] + (array) get_theme_mod('nav_menu_locations', []));
        }
    }
}
