<?php
/* Words, sentences and block markup in four scripts, the same sequence on every run. */

const WORDS = [
    'en' => 'the river report council archive harvest signal quiet market winter engine paper window border letter garden '
        . 'station copper morning theory history machine people water public school memory budget forest street question',
    'uk' => 'місто річка архів громада зима музей вулиця людина історія школа вода ранок лист книга пам’ять рада ліс дорога '
        . 'станція вибори новини україна київ львів їжа ґанок єдність життя питання',
    'zh' => '城市 河流 档案 历史 图书馆 冬天 学校 水 早晨 书信 公园 火车站 市场 新闻 选举 记忆 森林 街道 问题 答案 机器 节日 天气',
    'ar' => 'مدينة نهر أرشيف تاريخ مكتبة شتاء مدرسة ماء صباح رسالة حديقة محطة سوق أخبار انتخابات ذاكرة غابة شارع سؤال جواب',
];

function pick(array $values) { return array_values($values)[mt_rand(0, count($values) - 1)]; }
function chance(float $share): bool { return mt_rand(0, 9999) < $share * 10000; }
function language(): string { $roll = mt_rand(1, 100); return $roll <= 70 ? 'en' : ($roll <= 85 ? 'uk' : ($roll <= 93 ? 'zh' : 'ar')); }
function capital(string $text): string { return mb_strtoupper(mb_substr($text, 0, 1)) . mb_substr($text, 1); }

function words(string $language, int $count): string {
    static $lists = [];
    $lists[$language] ??= explode(' ', WORDS[$language]);
    $chosen = array_map(fn() => pick($lists[$language]), range(1, $count));
    return implode($language === 'zh' ? '' : ' ', $chosen);
}

function sentence(string $language): string { return capital(words($language, mt_rand(6, 18))) . ($language === 'zh' ? '。' : '.'); }
function paragraph(string $language): string { return implode(' ', array_map(fn() => sentence($language), range(1, mt_rand(2, 5)))); }

function title(string $language): string {
    $text = capital(words($language, mt_rand(3, 8)));
    $roll = mt_rand(1, 100);
    if ($roll <= 5) return $text . ' ' . pick(['🚀', '📚', '🌻', '👩‍🚀', '🇺🇦', '😀']);
    if ($roll <= 8) return "“{$text}” & <em>more</em>";
    if ($roll <= 10) return "$text – it's 5 < 6 “quoted” \\ backslash";
    return $text;
}

function block(string $name, array $attributes, ?string $html): string {
    $start = "wp:$name" . ($attributes ? ' ' . serialize_block_attributes($attributes) : '');
    return $html === null ? "<!-- $start /-->" : "<!-- $start -->\n$html\n<!-- /wp:$name -->";
}

function text_block(string $html): string { return block('paragraph', [], "<p>$html</p>"); }

/* One block that is no paragraph, or '': images of the library and of other hosts, frames, embeds, galleries, tables. */
function extra_block(string $language, string $label, array $images, array $reusable): string {
    $image = $images ? pick($images) : null;
    $hot = 'https://images' . mt_rand(1, 4) . ".example.net/hot/$label";
    $video = 'https://www.youtube.com/watch?v=dQw4w9WgXcQ';
    $kinds = [
        12 => fn() => $image ? block('image', ['id' => $image['id'], 'sizeSlug' => 'large'],
            "<figure class=\"wp-block-image size-large\"><img src=\"{$image['url']}\" alt=\"" . words($language, 3)
            . "\" class=\"wp-image-{$image['id']}\"/><figcaption>" . sentence($language) . '</figcaption></figure>') : '',
        18 => fn() => block('image', [], "<figure class=\"wp-block-image\"><img src=\"$hot.jpg?w=800\" srcset=\"$hot-400.jpg 400w, $hot.jpg 800w\" alt=\"hot\"/></figure>"),
        21 => fn() => block('html', [], '<iframe width="560" height="315" src="https://www.youtube.com/embed/dQw4w9WgXcQ?start=' . mt_rand(1, 99) . '" allowfullscreen></iframe>'),
        23 => fn() => block('embed', ['url' => $video, 'type' => 'video', 'providerNameSlug' => 'youtube'],
            "<figure class=\"wp-block-embed is-type-video\"><div class=\"wp-block-embed__wrapper\">\n$video\n</div></figure>"),
        29 => fn() => block('list', [], '<ul><li>' . sentence($language) . '</li><li>' . sentence($language) . '</li></ul>'),
        34 => fn() => block('quote', [], '<blockquote class="wp-block-quote"><p>' . sentence($language) . '</p><cite>' . words($language, 2) . '</cite></blockquote>'),
        36 => fn() => block('code', [], "<pre class=\"wp-block-code\"><code>if (a &lt; b &amp;&amp; c) { return \"$label\"; }</code></pre>"),
        38 => fn() => block('table', [], '<figure class="wp-block-table"><table><tbody><tr><td>' . words($language, 2) . '</td><td>' . mt_rand(1, 999) . '</td></tr></tbody></table></figure>'),
        40 => fn() => $reusable ? block('block', ['ref' => pick($reusable)], null) : '',
        44 => fn() => $images ? block('shortcode', [], '[gallery ids="' . implode(',', array_map(fn() => pick($images)['id'], range(1, 4))) . '" size="medium"]') : '',
        45 => fn() => block('video', [], "<figure class=\"wp-block-video\"><video controls src=\"https://video.example.net/$label.mp4\"></video></figure>"),
    ];
    $roll = mt_rand(1, 100);
    foreach ($kinds as $below => $make) {
        if ($roll <= $below) return $make();
    }
    return '';
}

function article(string $language, string $label, array $images = [], array $reusable = [], ?int $paragraphs = null): string {
    $blocks = [];
    foreach (range(1, $paragraphs ?? mt_rand(3, 9)) as $number) {
        if ($number % 4 === 0) $blocks[] = block('heading', [], '<h2>' . capital(words($language, 4)) . '</h2>');
        $target = chance(.5) ? "https://example.org/a/$label?x=1&amp;y=2" : home_url('/?p=' . mt_rand(10, 400));
        $link = chance(.25) ? " <a href=\"$target\">" . words($language, 2) . '</a>' : '';
        $blocks[] = text_block(paragraph($language) . $link);
        if (count($blocks) < 20) $blocks[] = extra_block($language, "$label-$number", $images, $reusable);
        if ($number === 2 && chance(.1)) $blocks[] = block('more', [], '<!--more-->');
        if ($number === 4 && chance(.05)) $blocks[] = block('nextpage', [], '<!--nextpage-->');
    }
    return implode("\n\n", array_filter($blocks));
}
