#!/usr/bin/env bash
# Stops what up.sh started; with --wipe it also removes all that the lab made.
#
#   bash tests/wordpress/lab/down.sh [--wipe]
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/env.sh"

gone() { ! alive "$1"; }

for name in nginx fpm mariadb; do
  pidfile=$RUN/$name.pid
  if alive "$pidfile"; then
    kill "$(cat "$pidfile")"
    wait_for "the end of $name" gone "$pidfile"
  fi
  rm -f "$pidfile"
done
rm -f "$RUN/fpm.sock"
if [ "${1:-}" = --wipe ]; then rm -rf "$DATA" "$SITE" "$RUN" "$LOG" "$WPARCHIVE_LAB"/{snapshots,fpm.conf,nginx.conf}; fi
