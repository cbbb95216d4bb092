#!/bin/sh
# Checks this folder with OpenSSH, OpenSSL, gzip and the system's own tools: sh verify.sh [SIGNERS [CA.pem]]; see VERIFY.txt.
# With your own files of allowed signers and of certificates, nothing rests on the word of whoever made it.
set -eu; LC_ALL=C; export LC_ALL; cr=$(printf '\r'); tab=$(printf '\t'); here=$(dirname "$0")
signers=$(realpath "${1:-"$here/allowed_signers"}"); ca=$(realpath "${2:-"$here/authorities.pem"}"); cd "$here"
t=$(mktemp -d); trap 'rm -rf "$t"' EXIT; fail() { echo "REFUSED: $*" >&2; exit 1; }
num() { for x; do case $x in '' | 0?* | *[!0-9]* | ????????????????*) fail "$x: no number" ;; esac; done; }
hash() { openssl dgst -sha256 -binary | base64; }
node() { { printf '\001'; printf %s "$1" | base64 -d; printf %s "$2" | base64 -d; } | hash; }
prove() { # PROOF LEAF: leads the leaf to the root of the proof's tree (RFC 9162, 2.1.3.2), whose lines are left in $t/head
  i=$(sed -n '2s/^index //p' "$1"); sed '1,/^$/d' "$1" >"$t/head"; size=$(sed -n 2p "$t/head"); root=$(sed -n 3p "$t/head")
  num "$i" "$size"; r=$2 n=$((size - 1)); [ "$i" -le "$n" ] || fail "$1: no such place in its tree"
  for p in $(sed -n '3,/^$/p' "$1"); do
    [ "$n" -gt 0 ] || fail "$1: the path is too long"
    if [ $((i % 2)) = 1 ] || [ "$i" = "$n" ]; then r=$(node "$p" "$r")
      while [ $((i % 2)) = 0 ] && [ "$i" != 0 ]; do i=$((i / 2)) n=$((n / 2)); done
    else r=$(node "$r" "$p"); fi; i=$((i / 2)) n=$((n / 2))
  done; [ "$n" = 0 ] && [ "$r" = "$root" ] || fail "$1: it doesn't lead to its root"; }
entry() { # FILE: this line is in the log, whose head is that of a seal here
  line=$1; [ ! -f "$1.hidden" ] || { line=$1.hidden; grep -qF "\"hash\":\"$(hash <"$1")\"" "$line" || fail "$1: not what the log hides"; }
  prove "$1.tlog-proof" "$({ printf '\000'; cat "$line"; } | hash)"
  for s in seals/*/checkpoint; do cmp -s "$t/head" "$s" && return; done; fail "$1: no such seal"; }
signed() { # TEXT SIGNATURE NAMESPACE [TIME]
  who=$(ssh-keygen -Y find-principals -f "$signers" -s "$2" ${4:+"-Overify-time=$4"} 2>/dev/null | head -n 1 | cut -d , -f 1)
  ssh-keygen -Y verify -f "$signers" -I "$who" -n "$3" -s "$2" ${4:+"-Overify-time=$4"} <"$1" >"$t/said" 2>&1 || fail "$2: $(cat "$t/said")"
  echo "$1: signed by $who"; }
[ -z "$(find . ! -type d ! -type f)" ] || fail "what is no plain file"; find . -type f | sed 's/^..//' | grep -v '^SHA256SUMS\(.sig\)*$' | sort >"$t/here"; sed 's/^.\{66\}//' SHA256SUMS | sort | cmp -s - "$t/here" || fail "other files than listed"
sha256sum -c SHA256SUMS >/dev/null 2>&1 || fail "a file isn't as SHA256SUMS says"; if [ -f SHA256SUMS.sig ]; then signed SHA256SUMS SHA256SUMS.sig wparchive-package; else echo "SHA256SUMS: not signed"; fi
for s in seals/*; do cp "$s/checkpoint" "$t/text"; cp "$t/text" "$t/both"; [ ! -f "$s/checkpoint.sig" ] || cat "$s/checkpoint.sig" >>"$t/both"; : >"$t/times"
  for q in "$s"/*.tsr; do [ -f "$q" ] || continue
    openssl ts -reply -in "$q" -token_out -out "$t/token" 2>/dev/null || fail "$q: no time stamp" # words around it are nobody's
    at=$(openssl ts -reply -in "$t/token" -token_in -text 2>/dev/null | awk '/^Time stamp: /{split($5,c,":");m=(index("JanFebMarAprMayJunJulAugSepOctNovDec",$3)+2)/3;y=$6-(m<3);d=365*y+int(y/4)-int(y/100)+int(y/400)+int((153*((m+9)%12)+2)/5)+$4-719469
      printf "%d %04d%02d%02d%02d%02d%02dZ",d*86400+c[1]*3600+c[2]*60+int(c[3]),$6,m,$4,c[1],c[2],int(c[3]);exit}')
    for f in both text; do openssl ts -verify -data "$t/$f" -in "$q" -CAfile "$ca" -attime "${at% *}" >/dev/null 2>&1 && break; f=; done
    [ -n "$f" ] || fail "$q: not a good time stamp"; echo "$q: there no later than ${at#* }"; cmp -s "$t/$f" "$t/both" && echo "${at#* }" >>"$t/times"
  done
  if [ -f "$s/checkpoint.sig" ]; then signed "$s/checkpoint" "$s/checkpoint.sig" wparchive "$(sort "$t/times" | head -n 1)"; else echo "$s: not signed"; fi
done
