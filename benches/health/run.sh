#!/usr/bin/env bash
# What the bank's HTTP layer costs: `GET /health` of `bankrun serve`, which needs
# no database, beside a bare hyper server that answers the same bytes. Servers on
# one core, wrk on another, both in turn.
#
#   cargo build --profile dist --bin bankrun --example null_server --example hyper_loop
#   benches/health/run.sh                                 # two minutes
#   ROUNDS=1 SECONDS_EACH=3 benches/health/run.sh         # a first look
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/../lib.sh"
need_built
need_two_cores
need wrk "apt-get install wrk"

folder=$(mktemp -d /tmp/bankrun-bench-XXXXXX)
bank=
clean_up() { stop_process "$bank"; stop_null_server; rm -rf "$folder"; }
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$folder"

taskset -c "$server_core" "$bankrun" serve --listen 127.0.0.1:0 > bank.log 2>&1 &
bank=$!
await_address "$bank" bank.log
bank_address=$address
health=$(ask /health)
start_null_server null.log "$health"
[[ $(ask /health) = "$health" ]] || fail "the two do not answer the same"

# Requests per second, all of them answered with a 200.
asked() { # address seconds
  taskset -c "$generator_core" wrk -t 1 -c 64 -d "${2}s" "http://$1/health" > wrk.log
  if grep -Eq 'Non-2xx|Socket errors' wrk.log; then fail "$(cat wrk.log)"; fi
  sed -n 's/^Requests\/sec: *//p' wrk.log
}

theirs=() ours=() each=""
for round in $(seq 0 "$rounds"); do
  # The first round warms up and is not counted.
  lasting=$seconds
  (( round > 0 )) || lasting=1
  theirs[round]=$(asked "$address" "$lasting")
  ours[round]=$(asked "$bank_address" "$lasting")
  (( round == 0 )) || each+=$(printf ' %.0f,%.0f' "${theirs[round]}" "${ours[round]}")
done
hyper=$(median "${theirs[@]:1}") health=$(median "${ours[@]:1}")

printf 'GET /health, 64 connections; %s rounds of %s s on each side, medians\n\n' "$rounds" "$seconds"
printf '%12s %12s %6s   %s\n' 'hyper rps' 'bankrun rps' ratio 'each round: hyper, bankrun'
printf '%12.0f %12.0f %6s  %s\n' "$hyper" "$health" "$(ratio "$health" "$hyper")" "$each"
goal "bank: GET /health, requests/s beside bare hyper" "$health" "$hyper" "$(ratio "$health" "$hyper")" ">= 0.90"
