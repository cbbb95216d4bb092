# Where the lab lives and on which ports it answers; sourced by up.sh and down.sh.
#   WPARCHIVE_LAB             folder for everything that the lab makes   (a folder in the system's temporary directory)
#   WPARCHIVE_LAB_PORT        the site with pretty permalinks            (8181)
#   WPARCHIVE_LAB_PLAIN_PORT  the same content, plain permalinks         (two above)
#   WPARCHIVE_LAB_SOCKET      MariaDB's socket; it listens on no port    ($WPARCHIVE_LAB/run/db/sock)
export WPARCHIVE_LAB=${WPARCHIVE_LAB:-${TMPDIR:-/tmp}/wparchive-wordpress}
export WPARCHIVE_LAB_PORT=${WPARCHIVE_LAB_PORT:-8181}
export WPARCHIVE_LAB_PLAIN_PORT=${WPARCHIVE_LAB_PLAIN_PORT:-$((WPARCHIVE_LAB_PORT + 2))}
export WPARCHIVE_LAB_SOCKET=${WPARCHIVE_LAB_SOCKET:-$WPARCHIVE_LAB/run/db/sock}
RUN=$WPARCHIVE_LAB/run LOG=$WPARCHIVE_LAB/log SITE=$WPARCHIVE_LAB/site DATA=$WPARCHIVE_LAB/mysql

alive() { # PIDFILE: does the process that it names still run?
  [ -s "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null
}

wait_for() { # WHAT COMMAND...: until the command succeeds, for 30 s
  local what=$1 left=300
  shift
  until "$@" >/dev/null 2>&1; do
    left=$((left - 1))
    [ $left -gt 0 ] || { echo "lab: $what did not come up; see $LOG" >&2; return 1; }
    sleep 0.1
  done
}
