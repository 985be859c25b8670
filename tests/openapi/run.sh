#!/usr/bin/env bash
# Holds the bank against its own /openapi.json with Schemathesis, on SQLite and
# on a private PostgreSQL. Loopback only; ends by itself.
#
#   tests/openapi/run.sh [sqlite|postgres ...]
#
# OPENAPI_EXAMPLES: cases for each operation and phase (100). OPENAPI_SEED: 1.
# BANKRUN: the program; by default it is built here.
set -euo pipefail
cd "$(dirname "$0")/../.."

tool=target/schemathesis/bin/schemathesis
version=4.32.5
if [[ $("$tool" --version 2>/dev/null) != *" $version" ]]; then
  python3 -m venv target/schemathesis
  target/schemathesis/bin/pip install --quiet "schemathesis==$version"
fi
if [[ -z ${BANKRUN:-} ]]; then
  cargo build --locked
  BANKRUN=target/debug/bankrun
fi

folder=$(mktemp -d)
server=
stop() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    server=
  fi
}
trap 'stop; rm -rf "$folder"' EXIT

failed=0
for database in "${@:-sqlite postgres}"; do
  for database in $database; do
    "$BANKRUN" serve --listen 127.0.0.1:0 --database "$database" --race-window 0 \
      >"$folder/out" 2>"$folder/log" &
    server=$!
    for _ in $(seq 600); do
      grep -q '^bankrun serves' "$folder/out" && break
      kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
      sleep 0.1
    done
    url=$(sed -n 's/^bankrun serves \(http:[^,]*\),.*/\1/p' "$folder/out")
    echo "--- $(cat "$folder/out")"
    PYTHONPATH=tests/openapi SCHEMATHESIS_HOOKS=refusals timeout 900 "$tool" --config-file tests/openapi/schemathesis.toml \
      run "$url/openapi.json" \
      --seed "${OPENAPI_SEED:-1}" --max-examples "${OPENAPI_EXAMPLES:-100}" || failed=1
    stop
    if grep -E 'panicked|request failed' "$folder/log"; then
      echo "the server broke: see above"
      failed=1
    fi
  done
done
exit "$failed"
