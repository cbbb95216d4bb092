#!/bin/sh
# Checks this folder with OpenSSH, OpenSSL, gzip and the system's own tools: sh verify.sh [SIGNERS [CA.pem]]; see VERIFY.txt.
# With your own files of allowed signers and of certificates, nothing rests on its maker's word but this script: read it first.
set -eu; LC_ALL=C TZ=UTC0 why='' but=''; export LC_ALL TZ; unset CDPATH; cr=$(printf '\r'); tab=$(printf '\t'); here=$(dirname "$0")
say() { printf '%s\n' "$*" | tr -cd '\n -~'; }; fail() { why=": $*"; exit 1; }
t=$(mktemp -d); trap 'e=$?; rm -rf "$t"; [ "$e" = 0 ] || { say "REFUSED$why" >&2; exit 1; }' EXIT; trap 'exit 1' INT TERM
for c in openssl ssh-keygen gzip sha256sum base64 realpath awk; do command -v "$c" >/dev/null || fail "it needs $c, which isn't here"; done; for f; do [ -r "$f" ] || fail "$f: no such file"; done; signers=$(realpath "${1:-"$here/allowed_signers"}"); mine=${1:-}; ca=${2:+$(realpath "$2")}; cd "$here"; if [ "$ca" ]; then set -- -CAfile "$ca"; else set -- -CApath "$(openssl version -d | sed 's/[^"]*"//;s/".*//')/certs"; [ ! -s authorities.pem ] || set -- "$@" -CAfile authorities.pem; fi
num() { for x; do case $x in '' | 0?* | *[!0-9]* | ????????????????????*) fail "$x: no number" ;; esac; done; }
hash() { openssl dgst -sha256 -binary | base64; }; node() { { printf '\001'; printf %s "$1" | base64 -d; printf %s "$2" | base64 -d; } | hash; }
prove() { # PROOF LEAF: leads the leaf to the root of the proof's tree (RFC 9162, 2.1.3.2), whose lines are left in $t/head
  i=$(sed -n '2s/^index //p' "$1"); sed '1,/^$/d' "$1" >"$t/head"; size=$(sed -n 2p "$t/head"); root=$(sed -n 3p "$t/head"); echo "$1" >>"$t/known"
  num "$i" "$size"; r=$2 l=$((size - 1)); [ "$i" -le "$l" ] || fail "$1: no such place in its tree"; set -f; path=$(sed '1,2d;/^$/q' "$1")
  { printf 'c2sp.org/tlog-proof@v1\nindex %s\n' "$i"; [ -z "$path" ] || printf '%s\n' "$path"; printf '\n%s\n' "$(sed -n 1p "$t/head")"; printf '%s\n' "$size" "$root"; } | cmp -s - "$1" || fail "$1: no proof"
  for p in $path; do [ "$l" -gt 0 ] || fail "$1: the path is too long"
    if [ $((i % 2)) = 1 ] || [ "$i" = "$l" ]; then r=$(node "$p" "$r"); while [ $((i % 2)) = 0 ] && [ "$i" != 0 ]; do i=$((i / 2)) l=$((l / 2)); done
    else r=$(node "$r" "$p"); fi; i=$((i / 2)) l=$((l / 2))
  done; set +f; [ "$l" = 0 ] && [ "$r" = "$root" ] || fail "$1: it doesn't lead to its root"; }
entry() { # FILE: this line is in the log, whose head is that of a seal here
  line=$1; [ ! -f "$1.hidden" ] || { line=$1.hidden; grep -qF "\"hash\":\"$(hash <"$1")\"" "$line" || fail "$1: not what the log hides"; }
  prove "$1.tlog-proof" "$({ printf '\000'; cat "$line"; } | hash)"; printf '%s\n' "$1" "$line" >>"$t/known"
  for s in seals/*; do if cmp -s "$t/head" "$s/checkpoint"; then say "$1: in $s"; find "$s" -type f >>"$t/known"; return; fi; done; fail "$1: no such seal"; }
signed() { # TEXT SIGNATURE NAMESPACE [TIME]
  [ -f "$2" ] || { [ -z "$mine" ] || fail "$1: nobody signed it, so none of your signers did"; but="$but; $1 isn't signed"; return; }
  who=$(ssh-keygen -Y find-principals -f "$signers" -s "$2" ${4:+"-Overify-time=$4"} 2>/dev/null | head -n 1 | cut -d , -f 1)
  ssh-keygen -Y verify -f "$signers" -I "$who" -n "$3" -s "$2" ${4:+"-Overify-time=$4"} <"$1" >"$t/said" 2>&1 || fail "$2: $(head -n 1 "$t/said")"; say "$1: signed by $who"; }
only() { # FILE...: nothing is here but what was checked, and these, which are their maker's word
  printf '%s\n' "$@" verify.sh VERIFY.txt allowed_signers authorities.pem >>"$t/known"; more=$(grep -vxFf "$t/known" "$t/here" | head -n 1); [ -z "$more" ] || fail "$more: nothing proves it"; }
[ -z "$(find . ! -type d ! -type f -o -name '*[!A-Za-z0-9._-]*')" ] || fail "what is no plain file, or has an odd name"; find . -type f | sed 's/^..//' | grep -v '^SHA256SUMS\(\.sig\)\{0,1\}$' | sort >"$t/here"
! grep -qv '^[0-9a-f]\{64\}  [A-Za-z0-9._/-]\{1,\}$' SHA256SUMS || fail "SHA256SUMS: a line of it names no file"; sed 's/^.\{66\}//' SHA256SUMS | sort | cmp -s - "$t/here" || fail "other files than SHA256SUMS lists"
sha256sum -c SHA256SUMS >"$t/said" 2>&1 || fail "$(grep -v ': OK$' "$t/said" | head -n 1): not as SHA256SUMS says"; signed SHA256SUMS SHA256SUMS.sig wparchive-package
for s in seals/*; do cp "$s/checkpoint" "$t/text"; cp "$t/text" "$t/both"; [ ! -f "$s/checkpoint.sig" ] || cat "$s/checkpoint.sig" >>"$t/both"; : >"$t/times"; stamped=
  for q in "$s"/*.tsr; do [ -f "$q" ] || continue
    openssl ts -reply -in "$q" -token_out -out "$t/token" 2>/dev/null || fail "$q: no time stamp" # words around it are nobody's
    at=$(openssl ts -reply -in "$t/token" -token_in -text 2>/dev/null | awk '/^Time stamp: /{split($5,c,":");m=(index("JanFebMarAprMayJunJulAugSepOctNovDec",$3)+2)/3;y=$6-(m<3);d=365*y+int(y/4)-int(y/100)+int(y/400)+int((153*((m+9)%12)+2)/5)+$4-719469
      printf "%d %04d%02d%02d%02d%02d%02d",d*86400+c[1]*3600+c[2]*60+int(c[3]),$6,m,$4,c[1],c[2],int(c[3]);exit}')
    for f in both text; do openssl ts -verify -data "$t/$f" -in "$q" "$@" -attime "${at% *}" >/dev/null 2>&1 && break; f=; done
    [ -n "$f" ] || fail "$q: not a good time stamp"; stamped=1; say "$q: there no later than ${at#* }Z"; ! cmp -s "$t/$f" "$t/both" || echo "${at#* }" >>"$t/times"
  done; [ "$stamped" ] || { [ -z "$ca" ] || fail "$s: nobody stamped it, so none of your authorities did"; but="$but; $s isn't stamped"; }; signed "$s/checkpoint" "$s/checkpoint.sig" wparchive "$(sort "$t/times" | head -n 1)"
done
