at=0; while IFS=$tab read -r n off len k; do num "$n" "$off" "$len" "$k"; printf '%s\t%s\t%s\t%s\n' "$n" "$off" "$len" "$k" >>"$t/rows"
  [ "$off" = "$at" ] || fail "record $n: bytes that nothing accounts for"; at=$((at + len))
  tail -c +$((off + 1)) records.warc.gz | head -c "$len" | gzip -dc >"$t/$n.r" 2>/dev/null || fail "record $n: no whole gzip member"
  sed "/^$cr\{0,1\}\$/q" "$t/$n.r" >"$t/$n.h"; h=$(wc -c <"$t/$n.h"); c=$(sed -n "s/^[Cc]ontent-[Ll]ength: *\([0-9]*\)$cr*\$/\1/p" "$t/$n.h")
  num "$c"; [ "$(wc -c <"$t/$n.r")" -eq $((h + c + 4)) ] || fail "record $n: not one whole record"; echo "$k" >>"$t/used"
  { printf '\000'; cat "$t/$n.h"; tail -c +$((h + 1)) "$t/$n.r" | head -c "$c" | openssl dgst -sha256 -binary; } | hash >"$t/$n.l"; echo "$k" >"$t/$n.k"; prove "proofs/$n" "$(cat "$t/$n.l")"
  grep -qF "\"records\":$size,\"root\":\"$root\"" "entries/$k" || fail "record $n: another tree than entries/$k names"
done <records.tsv
[ "$at" -gt 0 ] || fail "no record is in it"; [ "$(wc -c <records.warc.gz)" -eq "$at" ] || fail "bytes behind the last record"; for k in $(sort -u "$t/used"); do entry "entries/$k"; done
while IFS=$tab read -r n m; do num "$n" "$m"; printf '%s\t%s\n' "$n" "$m" >>"$t/rows"; echo "bodies/$n" >>"$t/known" # record m says which body record n has
  grep -q '^WARC-Type: metadata' "$t/$m.h" && tr -d "$cr" <"$t/$m.r" | grep -qxF "wparchive-body-sha256: $(sha256sum <"bodies/$n" | cut -c 1-64)" || fail "bodies/$n: not the body that was sealed"
  grep -q '^WARC-Type: response' "$t/$n.h" && grep -qxF "WARC-Concurrent-To: $(sed -n "s/^WARC-Record-ID: //p" "$t/$n.h")" "$t/$m.h" || fail "bodies/$n: of another record"
done <bodies.tsv
while IFS=$tab read -r file n start len id; do num "$n" "$start" "$len" "$id"; printf '%s\t%s\t%s\t%s\t%s\n' "$file" "$n" "$start" "$len" "$id" >>"$t/rows"; grep -qxF -e "$file" "$t/here" || fail "$file: no file of this package"; echo "$file" >>"$t/known"
  if [ -f "commitments/$n-$start" ]; then c=commitments/$n-$start; prove "$c.tlog-proof" "$({ printf '\000'; cat "$c"; } | hash)"; echo "$c" >>"$t/known" # made for each item of a list when it was sealed
    grep -qF "\"items\":$size,\"items_root\":\"$root\"" "entries/$(cat "$t/$n.k")" && grep -qF "\"record\":\"$(cat "$t/$n.l")\"" "$c" || fail "$c: of another record"
    grep -qF "{\"bytes\":[$start,$((start + len))]," "$c" && grep -qF "\"sha256\":\"$(sha256sum <"$file" | cut -c 1-64)\",\"url\":" "$c" || fail "$file: not what was committed to"
  else grep -qxF "bodies/$n" "$t/known" && tail -c +$((start + 1)) "bodies/$n" | head -c "$len" | cmp -s - "$file" && [ "$(tr -d ' \t\r\n' <"bodies/$n" | wc -c)" -eq "$(tr -d ' \t\r\n' <"$file" | wc -c)" ] || fail "$file: doesn't stand there"; fi
  case $(head -c 64 "$file") in "{\"id\":$id,"*) ;; *) fail "$file: another item" ;; esac
done <items.tsv
only STATEMENT.html records.warc.gz records.tsv bodies.tsv items.tsv; cat records.tsv bodies.tsv items.tsv | cmp -s - "$t/rows" || fail "a table has more than its rows"; say "ALL GOOD: $(wc -l <records.tsv) records as they were sealed$but"
