#!/usr/bin/env bash
# How bankrun bears more of everything, on the null server: more virtual users,
# more cores, more operations.
#
#   cargo build --profile dist --bin bankrun --example null_server --example hyper_loop
#   benches/scale/run.sh                          # all parts: some fifteen minutes
#   benches/scale/run.sh vus cores crowd          # without the long one
#   OPERATIONS=1000000 ROUNDS=1 SECONDS_EACH=3 benches/scale/run.sh     # a first look
#
#   vus          requests/s and CPU a request with 64, 256, 1024 and 4096 users
#   cores        the same with 64 users, on one core and on two
#   crowd        peak memory with 10,000 users, all at once
#   operations   memory as ten million operations go by, and a tenth of them, with
#                and without --history
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/../lib.sh"
need_built
need_two_cores
operations=${OPERATIONS:-10000000}

folder=$(mktemp -d /tmp/bankrun-bench-XXXXXX)
running=""
clean_up() { stop_process "$running"; stop_null_server; rm -rf "$folder"; }
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$folder"
# Every user holds a connection, and the server its other end.
ulimit -n "$(ulimit -Hn)"
start_null_server server.log

declare -A rates costs
measure() { # name cores users seconds
  load bankrun.log taskset -c "$2" "$bankrun" --target "$url" --no-color \
    -e "VUS=$3" -e "SECONDS_EACH=$4" "$here/users.yaml" || fail "$(cat bankrun.log)"
  rates[$1]+=" $rate" costs[$1]+=" $cost"
}

# shellcheck disable=SC2086
row() { # name what: the medians are in $middle and $middle_cost
  middle=$(median ${rates[$1]}) middle_cost=$(median ${costs[$1]})
  printf '%-16s %10s %9s  %s\n' "$2" "$middle" "$middle_cost" \
    "$(paste -d , <(tr ' ' '\n' <<< "${rates[$1]# }") <(tr ' ' '\n' <<< "${costs[$1]# }") | paste -sd ' ')"
}

head_line() { printf '\n%-16s %10s %9s   %s\n' "$1" requests/s 'CPU, us' 'each round: requests/s, CPU'; }

# What the server and the system alone lose by so many connections.
measure_wrk() { # name cores connections seconds
  load wrk.log taskset -c "$2" wrk -t 1 -c "$3" -d "${4}s" \
    -s "$here/../generator/wrk.lua" "$url" || fail "$(cat wrk.log)"
  ! grep -Eq 'Non-2xx|Socket errors' wrk.log || fail "$(cat wrk.log)"
  rates[$1]+=" $rate" costs[$1]+=" $cost"
}

vus() {
  local users few=64 many=4096 least most least_cost most_cost peer
  # Warms up, and is not counted.
  measure warm-up "$generator_core" "$few" 1
  for _ in $(seq "$rounds"); do
    for users in "$few" 256 1024 "$many"; do
      measure "$users" "$generator_core" "$users" "$seconds"
    done
    if command -v wrk > /dev/null; then
      for users in "$few" "$many"; do
        measure_wrk "wrk $users" "$generator_core" "$users" "$seconds"
      done
    fi
  done
  head_line 'virtual users'
  for users in "$few" 256 1024 "$many"; do
    row "$users" "$users"
    (( users != few )) || least=$middle least_cost=$middle_cost
    (( users != many )) || most=$middle most_cost=$middle_cost
  done
  goal "scale: requests/s with $many users, beside $few" "$most" "$least" "$(ratio "$most" "$least")" ">= 1.00"
  goal "scale: CPU a request, us, with $many users, beside $few" \
    "$most_cost" "$least_cost" "$(ratio "$most_cost" "$least_cost")" -
  if command -v wrk > /dev/null; then
    row "wrk $few" "wrk, $few"
    peer=$middle
    row "wrk $many" "wrk, $many"
    goal "scale: the same of wrk" "$middle" "$peer" "$(ratio "$middle" "$peer")" -
    goal "scale: what bankrun keeps, beside what wrk keeps" - - \
      "$(awk -v a="$most" -v b="$least" -v c="$middle" -v d="$peer" 'BEGIN { printf "%.2f", a / b / (c / d) }')" ">= 1.00"
  fi
}

# The generator's second core is the server's where there are no more than two:
# then the CPU of a request says more than the rate.
cores() {
  local second=$server_core one one_cost
  (( $(nproc) < 3 )) || second=$((server_core + 1))
  for _ in $(seq "$rounds"); do
    measure one "$generator_core" 64 "$seconds"
    measure two "$generator_core,$second" 64 "$seconds"
  done
  head_line 'cores'
  row one "one"
  one=$middle one_cost=$middle_cost
  row two "two$( (( $(nproc) > 2 )) || echo ", one shared")"
  goal "scale: requests/s on two cores, beside one" "$middle" "$one" "$(ratio "$middle" "$one")" -
  goal "scale: CPU a request, us, on two cores, beside one" \
    "$middle_cost" "$one_cost" "$(ratio "$middle_cost" "$one_cost")" -
}

# Starts bankrun, and samples what it holds, in MiB, into a file until it ends.
# Its peak is in $peak.
watch_memory() { # samples-file interval arguments...
  local samples=$1 interval=$2 status
  shift 2
  taskset -c "$generator_core" "$bankrun" --target "$url" --no-color "$@" > bankrun.log 2>&1 &
  running=$!
  : > "$samples"
  while status=$(awk '/^Vm(RSS|HWM):/ { printf "%d ", $2 / 1024 }' "/proc/$running/status" 2> /dev/null) &&
    [[ -n $status ]]; do
    echo "$status" >> "$samples"
    sleep "$interval"
  done
  wait "$running" || fail "$(cat bankrun.log)"
  running=""
  peak=$(awk '{ print $1 }' "$samples" | sort -n | tail -1)
}

crowd() {
  local users=10000
  (( $(ulimit -n) >= users + 100 )) || fail "ulimit -n is $(ulimit -n): $users users need more"
  watch_memory samples 0.05 -e "VUS=$users" "$here/crowd.yaml"
  printf '\n%s users at once, %s deposits: %s MiB at the peak\n' "$users" "$((users * 10))" "$peak"
  goal "scale: peak memory with $users users, MiB" "$peak" - "$peak" "<= 200"
}

long_run() { # title operations arguments...
  local title=$1 many=$2
  shift 2
  watch_memory samples 0.1 -e "OPERATIONS=$many" "$here/operations.yaml" "$@"
  printf '\n%s operations, %s: %s MiB at the peak\n' "$many" "$title" "$peak"
  echo "MiB each second: $(awk 'NR % 10 == 1 { printf "%s ", $2 }' samples)"
}

# The verdict is in the peak: flat is what ten times as many operations do not raise.
operations() {
  local bare few=$((operations / 10)) early
  long_run "no file" "$operations"
  bare=$peak
  long_run "--history FILE" "$few" --history history.jsonl
  early=$peak
  long_run "--history FILE" "$operations" --history history.jsonl
  rm history.jsonl
  goal "scale: $operations operations to a file, peak MiB, beside none" "$peak" "$bare" "$(ratio "$peak" "$bare")" -
  goal "scale: $operations operations to a file, peak MiB, beside a tenth" \
    "$peak" "$early" "$(ratio "$peak" "$early")" "<= 1.10"
}

(( $# > 0 )) || set -- vus cores crowd operations
for part in "$@"; do
  case $part in
    vus | cores | crowd | operations) "$part" ;;
    *) fail "$part: expected vus, cores, crowd or operations" ;;
  esac
done
