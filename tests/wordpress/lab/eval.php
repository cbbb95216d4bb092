<?php
/* Runs PHP code from standard input inside the lab's WordPress: how a test changes the site. */

require __DIR__ . '/wordpress.php';
eval(stream_get_contents(STDIN));
