prove commitment.tlog-proof "$({ printf '\000'; cat commitment; } | hash)"
grep -qF "\"items\":$size,\"items_root\":\"$root\"" entries/entry || fail "commitment: another tree than the entry names"
entry entries/entry
grep -qF "\"sha256\":\"$(sha256sum <item.json | cut -c 1-64)\",\"url\":" commitment || fail "item.json: not what was committed to"
only item.json commitment; say "ALL GOOD: $(sed 's/.*"capture":"\([^"]*\)","date":"\([^"]*\)".*"url":"\([^"]*\)".*/item \3 in \1 of \2/' commitment)$but"
