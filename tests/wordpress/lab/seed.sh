#!/usr/bin/env bash
# Fills the lab with SIZE (tiny, small, medium, large or a number of posts), wiping what is there. A size that was made
# before comes back from its snapshot in a second. Without SIZE: only if the site is empty, with small.
#
#   bash tests/wordpress/lab/seed.sh [SIZE]
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/env.sh"

sql() { mariadb --no-defaults -uroot -S "$WPARCHIVE_LAB_SOCKET" wordpress "$@"; }

size=${1:-}
if [ -z "$size" ]; then
  [ "$(sql -BNe "SELECT COUNT(*) FROM wp_options WHERE option_name = 'lab_seeded'")" = 0 ] || exit 0
  size=small
fi

# A snapshot holds the ports in its links, and is made anew when what made it has changed.
key=$(cat "$HERE"/*.php | sha256sum | cut -c 1-12)
snapshot=$WPARCHIVE_LAB/snapshots/$size-$WPARCHIVE_LAB_PORT-$WPARCHIVE_LAB_PLAIN_PORT-$key
uploads=$SITE/wp-content/uploads
if [ ! -f "$snapshot/done" ]; then
  php "$HERE/seed.php" "$size"
  rm -rf "$snapshot"
  mkdir -p "$snapshot"
  mariadb-dump --no-defaults -uroot -S "$WPARCHIVE_LAB_SOCKET" --skip-dump-date wordpress >"$snapshot/database.sql"
  cp -a "$uploads" "$snapshot/uploads"
  touch "$snapshot/done"
else
  sql <"$snapshot/database.sql"
  rm -rf "$uploads"
  cp -a "$snapshot/uploads" "$uploads"
fi
