#!/usr/bin/env bash
# Full load for long: the memory and the descriptors of the bank stay where they
# are. Loopback only; ends by itself.
#
#   tests/soak/run.sh
#
# SOAK: seconds (600). DATABASE: sqlite or postgres (postgres). MODE: robust.
# VUS: 50. BANKRUN: the program; by default one is built here.
#
# What is compared is the largest sample of the first quarter and the largest
# after it. Allowed: a tenth and 4 MiB more memory, 8 more descriptors.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${SOAK:-600}
vus=${VUS:-50}
if [[ -z ${BANKRUN:-} ]]; then
  cargo build --locked --profile dist
  BANKRUN=target/dist/bankrun
fi

folder=$(mktemp -d)
server=
load=
stop() {
  for process in $load $server; do
    kill "$process" 2>/dev/null || true
    wait "$process" || true
  done
  rm -rf "$folder"
}
trap stop EXIT

"$BANKRUN" serve --listen 127.0.0.1:0 --database "${DATABASE:-postgres}" --mode "${MODE:-robust}" \
  --race-window 0 >"$folder/out" 2>"$folder/log" &
server=$!
for _ in $(seq 600); do
  grep -q '^bankrun serves' "$folder/out" && break
  kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
  sleep 0.1
done
url=$(sed -n 's/^bankrun serves \(http:[^,]*\),.*/\1/p' "$folder/out")

# Keys are kept by the bank for each update, and none are used here.
cat >"$folder/soak.yaml" <<YAML
name: soak
accounts: { 1: 1000000, 2: 1000000, 3: 1000000, 4: 1000000, 5: 1000000 }
scenarios:
  soak:
    executor: constant-vus
    vus: $vus
    duration: ${seconds}s
    operations:
      - { deposit: 1..5, account: 1, weight: 1 }
      - { withdraw: 1, account: 2, weight: 1 }
      - { transfer: 1..500, from: 3, to: 4, weight: 1 }
      - { transfer: 1..500, from: 4, to: 3, weight: 1 }
      - { balance: 5, weight: 1 }
YAML
"$BANKRUN" "$folder/soak.yaml" --target "$url" --quiet --summary-export "$folder/summary.json" \
  >"$folder/report" 2>&1 &
load=$!

# Seconds since the start, KiB in memory, descriptors open.
start=$SECONDS
while kill -0 "$load" 2>/dev/null && ((SECONDS - start < seconds + 120)); do
  memory=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$server/status")
  descriptors=$(ls "/proc/$server/fd" | wc -l)
  echo "$((SECONDS - start)) $memory $descriptors" >>"$folder/samples"
  sleep 2
done
code=0
wait "$load" || code=$?
load=
cat "$folder/report"
if ((code != 0)); then
  echo "the run ended with exit code $code" >&2
  exit 1
fi

awk -v seconds="$seconds" -v what="$(sed 's/^bankrun serves [^,]*, //' "$folder/out")" '
  $1 >= seconds { next }
  $1 < seconds / 4 { if ($2 > memory) memory = $2; if ($3 > files) files = $3; early++ }
  $1 >= seconds / 4 { if ($2 > most) most = $2; if ($3 > most_files) most_files = $3; late++ }
  { last = $2; last_files = $3 }
  END {
    if (!early || !late) { print "too short for a sample" > "/dev/stderr"; exit 1 }
    printf "figure: %s, %d s at full load: %d KiB and %d descriptors at most in the first quarter, %d KiB and %d after it, %d KiB and %d at the end\n", what, seconds, memory, files, most, most_files, last, last_files
    grown = most > memory * 1.1 + 4096
    opened = most_files > files + 8
    if (grown) print "the memory grows" > "/dev/stderr"
    if (opened) print "descriptors are left open" > "/dev/stderr"
    exit grown || opened
  }
' "$folder/samples"
