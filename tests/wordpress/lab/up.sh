#!/usr/bin/env bash
# Brings up a real WordPress on loopback, from Debian's packages: http://127.0.0.1:8181/ with pretty permalinks and
# http://127.0.0.1:8183/ with plain ones, the same content, filled with SIZE (tiny, small, medium, large or a number
# of posts; default: what is there, else small). Run again as often as you like: what is up stays up.
#
#   bash tests/wordpress/lab/up.sh [SIZE]
#
# Root is needed only to install missing packages. Settings: env.sh.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$HERE/env.sh"

PACKAGES="wordpress wordpress-theme-twentytwentythree wordpress-theme-twentytwentyone nginx curl php php-fpm php-cli php-mysql
  php-gd php-xml php-mbstring php-curl mariadb-server-core mariadb-client-core"

say() { printf '[lab %3d s] %s\n' $SECONDS "$*"; }

install_packages() {
  local missing="" without="apache2-" package
  for package in $PACKAGES; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    echo "lab: as root, run: apt-get install --no-install-recommends$missing" >&2
    exit 3
  fi
  # No daemon is to start by itself: the lab's own are started below, on their own ports.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod +x /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  apt-get update -qq >"$LOG/apt.log" 2>&1 || { tail -n 5 "$LOG/apt.log" >&2; exit 3; }
  ! apt-cache show libapache2-mod-php8.2 >/dev/null 2>&1 || without="$without libapache2-mod-php8.2-"
  # shellcheck disable=SC2086  # lists of names
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing $without >>"$LOG/apt.log" 2>&1 \
    || { tail -n 5 "$LOG/apt.log" >&2; exit 3; }
  say "packages installed"
}

sql() { mariadb --no-defaults -uroot -S "$WPARCHIVE_LAB_SOCKET" "$@"; }

start_mariadb() {
  local user=()
  if [ "$(id -u)" = 0 ]; then
    id mysql >/dev/null 2>&1 || useradd -r -s /usr/sbin/nologin mysql
    user=(--user=mysql)
    install -d -o mysql "$DATA" "$(dirname "$WPARCHIVE_LAB_SOCKET")"
  else
    mkdir -p "$DATA" "$(dirname "$WPARCHIVE_LAB_SOCKET")"
  fi
  if [ ! -d "$DATA/mysql" ]; then
    mariadb-install-db --no-defaults "${user[@]}" --datadir="$DATA" --skip-test-db \
      --auth-root-authentication-method=normal >"$LOG/install-db.log" 2>&1
  fi
  if ! alive "$RUN/mariadb.pid"; then
    setsid nohup mariadbd --no-defaults "${user[@]}" --datadir="$DATA" --socket="$WPARCHIVE_LAB_SOCKET" \
      --pid-file="$DATA/pid" --skip-networking --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 \
      --innodb-buffer-pool-size=256M --character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci \
      >"$LOG/mariadb.log" 2>&1 </dev/null &
    echo $! >"$RUN/mariadb.pid"
  fi
  wait_for MariaDB sql -e 'select 1'
}

fpm_config() {
  cat <<EOC
[global]
pid = $RUN/fpm.pid
error_log = $LOG/fpm.log
daemonize = no
[www]
$([ "$(id -u)" != 0 ] || printf 'user = www-data\ngroup = www-data')
listen = $RUN/fpm.sock
listen.mode = 0666
pm = static
pm.max_children = 4
php_admin_value[memory_limit] = 256M
php_admin_value[max_execution_time] = 120
php_admin_value[opcache.enable] = 1
php_admin_value[opcache.memory_consumption] = 128
php_admin_value[opcache.max_accelerated_files] = 20000
php_admin_value[opcache.revalidate_freq] = 0
EOC
}

nginx_config() {
  cat <<EOC
$([ "$(id -u)" != 0 ] || echo "user www-data;")
worker_processes 1; pid $RUN/nginx.pid; error_log $LOG/nginx-error.log; daemon on;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types; default_type application/octet-stream;
  access_log $LOG/access.log; sendfile on; keepalive_timeout 65;
  gzip on; gzip_types application/json text/css application/javascript; gzip_proxied any;
  client_body_temp_path $RUN/n1; proxy_temp_path $RUN/n2; fastcgi_temp_path $RUN/n3; uwsgi_temp_path $RUN/n4;
  scgi_temp_path $RUN/n5;
  server {
    listen 127.0.0.1:$WPARCHIVE_LAB_PORT; listen 127.0.0.1:$WPARCHIVE_LAB_PLAIN_PORT;
    server_name _; root $SITE; index index.php; absolute_redirect off;
    location / { try_files \$uri \$uri/ /index.php\$is_args\$args; }
    location ~ \.php\$ {
      try_files \$uri =404;
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
      fastcgi_param HTTP_AUTHORIZATION \$http_authorization;
      # Debian's fastcgi_params leaves the port out of HTTP_HOST: WordPress would redirect its pages for ever.
      fastcgi_param HTTP_HOST \$http_host;
      fastcgi_buffers 64 32k; fastcgi_buffer_size 64k; fastcgi_read_timeout 120s;
      fastcgi_pass unix:$RUN/fpm.sock;
    }
  }
}
EOC
}

start_web() {
  local fpm
  fpm=$(find /usr/sbin -name 'php-fpm*' | sort | tail -n 1)
  fpm_config >"$WPARCHIVE_LAB/fpm.conf"
  nginx_config >"$WPARCHIVE_LAB/nginx.conf"
  if ! alive "$RUN/fpm.pid"; then
    setsid nohup "$fpm" -F -y "$WPARCHIVE_LAB/fpm.conf" >"$LOG/fpm.out" 2>&1 </dev/null &
  fi
  wait_for php-fpm test -S "$RUN/fpm.sock"
  if ! alive "$RUN/nginx.pid"; then
    setsid nohup nginx -c "$WPARCHIVE_LAB/nginx.conf" -e "$LOG/nginx-error.log" >"$LOG/nginx.out" 2>&1 </dev/null
  fi
  wait_for nginx alive "$RUN/nginx.pid"
}

wp_config() {
  cat <<EOC
<?php
define('DB_NAME', 'wordpress'); define('DB_USER', 'wordpress'); define('DB_PASSWORD', 'lab');
define('DB_HOST', 'localhost:$WPARCHIVE_LAB_SOCKET'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as \$name) {
    define(\$name, md5('lab' . \$name));
}
\$table_prefix = 'wp_';
define('LAB_PORT', $WPARCHIVE_LAB_PORT); define('LAB_PLAIN_PORT', $WPARCHIVE_LAB_PLAIN_PORT);
\$lab_port = (int) (\$_SERVER['SERVER_PORT'] ?? 0) === LAB_PLAIN_PORT ? LAB_PLAIN_PORT : LAB_PORT;
define('WP_HOME', "http://127.0.0.1:\$lab_port"); define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true); define('WP_HTTP_BLOCK_EXTERNAL', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('FS_METHOD', 'direct'); define('WP_MEMORY_LIMIT', '256M');
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
EOC
}

install_wordpress() {
  if [ ! -f "$SITE/wp-load.php" ]; then
    # Debian's tree links into /etc and /var/lib, which not everyone may read and the lab doesn't need.
    mkdir -p "$SITE"
    cp -rL /usr/share/wordpress/. "$SITE/" 2>"$LOG/copy.log" || true
  fi
  cp -rLu /usr/share/wordpress/wp-content/themes/. "$SITE/wp-content/themes/" 2>>"$LOG/copy.log" || true
  sql -e "CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
    CREATE USER IF NOT EXISTS wordpress@localhost IDENTIFIED BY 'lab'; GRANT ALL ON wordpress.* TO wordpress@localhost;"
  wp_config >"$SITE/wp-config.php"
  mkdir -p "$SITE/wp-content/mu-plugins" "$SITE/wp-content/uploads"
  cp "$HERE/mu-lab.php" "$SITE/wp-content/mu-plugins/lab.php"
  cp "$HERE/mu-languages.php" "$SITE/wp-content/mu-plugins/languages.php"
  cp "$HERE/mu-closed.php" "$SITE/wp-content/mu-plugins/closed.php"
  cp "$HERE/mu-shop.php" "$SITE/wp-content/mu-plugins/shop.php"
  say "$(php "$HERE/install.php")"
}

mkdir -p "$RUN" "$LOG"
chmod 755 "$WPARCHIVE_LAB" "$RUN"
install_packages
start_mariadb
start_web
say "MariaDB, php-fpm and nginx are up"
install_wordpress
"$HERE/seed.sh" ${1:+"$1"}
for port in "$WPARCHIVE_LAB_PORT" "$WPARCHIVE_LAB_PLAIN_PORT"; do
  wait_for "WordPress on port $port" curl -fsS -o /dev/null "http://127.0.0.1:$port/?rest_route=/wp/v2/types"
  say "http://127.0.0.1:$port/ answers"
done
