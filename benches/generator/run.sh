#!/usr/bin/env bash
# bankrun as a load generator, beside wrk, oha, k6 and Locust: 64 connections, the
# same 24 bytes of JSON to the null server, the generator on one core and the
# server on another, all sides in turn, medians and ratios at the end.
#
#   cargo build --profile dist --bin bankrun --example null_server --example hyper_loop
#   benches/peers.sh oha locust                                # once
#   benches/generator/run.sh                                   # some eight minutes
#   ROUNDS=1 SECONDS_EACH=3 benches/generator/run.sh           # a first look
#   benches/generator/run.sh bankrun oha                       # only these
#
# Requests are counted by the server, from the first to the last. CPU is all that
# the generator's process takes, from its start to its exit, with whatever it
# works out in the end, a verdict for one.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/../lib.sh"
need_built
need_two_cores

folder=$(mktemp -d /tmp/bankrun-bench-XXXXXX)
clean_up() { stop_null_server; rm -rf "$folder"; }
trap clean_up EXIT
trap 'exit 130' INT TERM
cd "$folder"
start_null_server server.log

connections=64
# With arguments: those that a person names.
sides=(wrk hyper oha k6 locust bankrun built-in history lua k6-check)
(( $# == 0 )) || sides=("$@")

title() { # side
  case $1 in
    wrk) wrk -v 2>&1 | sed -n '1s/^wrk \(debian\/\)\?\([0-9.]*\).*/wrk \2/p' ;;
    hyper) echo "bare hyper loop" ;;
    oha) "$(oha)" --version ;;
    k6) k6 version | sed -n '1s/^k6[^ ]* v\([^ ]*\).*/k6 \1/p' ;;
    locust) "$peers/locust/bin/locust" --version | sed -n 's/^locust \([^ ]*\).*/Locust \1/p' ;;
    bankrun) echo bankrun ;;
    built-in) echo "bankrun, built-in deposit" ;;
    history) echo "bankrun --history FILE" ;;
    lua) echo "bankrun --lua, a check" ;;
    k6-check) echo "k6, a check" ;;
  esac
}

oha() { if [[ -x $peers/oha/bin/oha ]]; then echo "$peers/oha/bin/oha"; else command -v oha; fi; }

# Says how to get it where it is not there.
missing() { # side
  case $1 in
    wrk) command -v wrk > /dev/null || echo "apt-get install wrk" ;;
    oha) oha > /dev/null || echo "benches/peers.sh oha" ;;
    k6 | k6-check) command -v k6 > /dev/null || echo "see k6's documentation" ;;
    locust) [[ -x $peers/locust/bin/locust ]] || echo "benches/peers.sh locust" ;;
    hyper | bankrun | built-in | history | lua) ;;
    *) fail "$1: expected one of wrk hyper oha k6 locust bankrun built-in history lua k6-check" ;;
  esac
}

# Each of them fails where an answer was not a 200.
generate() { # side seconds
  local pinned=(taskset -c "$generator_core")
  local ours=("$bankrun" --target "$url" --no-color -e "SECONDS_EACH=$2")
  case $1 in
    wrk)
      load wrk.log "${pinned[@]}" wrk -t 1 -c "$connections" -d "${2}s" -s "$here/wrk.lua" "$url" &&
        ! grep -Eq 'Non-2xx|Socket errors' wrk.log
      ;;
    hyper) load hyper.log "${pinned[@]}" "$examples/hyper_loop" "$address" "$connections" "$2" ;;
    oha)
      load oha.log "${pinned[@]}" "$(oha)" --no-tui -c "$connections" -z "${2}s" -m POST \
        -T application/json -d '{"userId":1,"amount":10}' "$url/deposit" &&
        [[ $(grep -Ec '^ *\[[0-9]+\] [0-9]+ responses' oha.log) = 1 ]] && grep -q '\[200\]' oha.log
      ;;
    k6)
      load k6.log "${pinned[@]}" k6 run --quiet --no-usage-report \
        -e "URL=$url" -e "SECONDS_EACH=$2" "$here/k6.js"
      ;;
    k6-check)
      load k6.log "${pinned[@]}" k6 run --quiet --no-usage-report \
        -e "URL=$url" -e "SECONDS_EACH=$2" -e CHECK=1 "$here/k6.js"
      ;;
    locust)
      # As many users as there are, at once; it stops at a failure with exit code 1.
      load locust.log "${pinned[@]}" "$peers/locust/bin/locust" -f "$here/locustfile.py" \
        --headless --only-summary -u "$connections" -r "$connections" -t "${2}s" --host "$url"
      ;;
    bankrun) load bankrun.log "${pinned[@]}" "${ours[@]}" "$here/deposit.yaml" ;;
    built-in)
      load bankrun.log "${pinned[@]}" "${ours[@]}" -e "VUS=$connections" "$here/../scale/users.yaml"
      ;;
    history)
      load bankrun.log "${pinned[@]}" "${ours[@]}" "$here/deposit.yaml" --history history.jsonl &&
        rm history.jsonl
      ;;
    lua) load bankrun.log "${pinned[@]}" "${ours[@]}" --lua "$here/deposit.lua" ;;
  esac || fail "$1: $(cat ./*.log)"
}

present=()
for side in "${sides[@]}"; do
  [[ -n $(missing "$side") ]] || present+=("$side")
done

declare -A rates costs
printf '%s processors; %s connections; %s rounds of %s s on each side, medians\n\n' \
  "$(nproc)" "$connections" "$rounds" "$seconds"
for side in "${present[@]}"; do
  generate "$side" 1
done
for _ in $(seq "$rounds"); do
  for side in "${present[@]}"; do
    generate "$side" "$seconds"
    rates[$side]+=" $rate"
    costs[$side]+=" $cost"
  done
done

# Medians, or nothing for who is not there.
# shellcheck disable=SC2086
rate_of() { [[ -z ${rates[$1]:-} ]] || median ${rates[$1]}; }
# shellcheck disable=SC2086
cost_of() { [[ -z ${costs[$1]:-} ]] || median ${costs[$1]}; }

printf '%-26s %10s %9s %14s %14s   %s\n' '' '' '' "ours: theirs" "ours: theirs" ''
printf '%-26s %10s %9s %14s %14s   %s\n' \
  generator requests/s 'CPU, us' requests/s CPU 'each round: requests/s, CPU'
for side in "${sides[@]}"; do
  hint=$(missing "$side")
  if [[ -n $hint ]]; then
    printf '%-26s not installed: %s\n' "$side" "$hint"
    continue
  fi
  each=$(paste -d , <(tr ' ' '\n' <<< "${rates[$side]# }") <(tr ' ' '\n' <<< "${costs[$side]# }") | paste -sd ' ')
  our=bankrun
  [[ $side != k6-check ]] || our=lua
  printf '%-26s %10s %9s %14s %14s   %s\n' "$(title "$side")" "$(rate_of "$side")" "$(cost_of "$side")" \
    "$(ratio "$(rate_of $our)" "$(rate_of "$side")")" "$(ratio "$(cost_of $our)" "$(cost_of "$side")")" "$each"
done

# For benches/run.sh.
beside() { # ours theirs what 'rate' or 'cost' goal
  local ours theirs
  ours=$("$4_of" "$1") theirs=$("$4_of" "$2")
  if [[ -n $ours && -n $theirs ]]; then goal "$3" "$ours" "$theirs" "$(ratio "$ours" "$theirs")" "$5"
  else goal "$3" "${ours:--}" "${theirs:--}" - "$5"; fi
}
beside bankrun oha "generator: CPU a request, us, beside oha" cost "<= 1.00"
beside bankrun wrk "generator: CPU a request, us, beside wrk" cost "<= 1.00"
beside bankrun hyper "generator: CPU a request, us, beside a bare hyper loop" cost -
beside bankrun k6 "generator: requests/s beside k6" rate ">= 8.00"
beside bankrun locust "generator: requests/s beside Locust" rate ">= 10.00"
beside lua k6-check "generator: Lua, requests/s beside k6" rate ">= 4.00"
beside lua bankrun "generator: Lua, requests/s beside a file's operation" rate -
