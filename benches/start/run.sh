#!/usr/bin/env bash
# How long a person waits: for `bankrun --version`, and for the verdict of the
# deterministic set on the embedded database without a race window, from the
# start of the process to its end. Medians, in milliseconds.
#
#   cargo build --profile dist && benches/start/run.sh         # half a minute
#   STARTS=10 benches/start/run.sh                        # a first look
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/../lib.sh"
[[ -x $bankrun ]] || fail "no $bankrun: cargo build --profile dist"
starts=${STARTS:-100}

# Its median, fastest and slowest are in $middle, $least and $most.
clocked() { # times command...
  local times=$1 took=() begun _
  shift
  "$@" > /dev/null 2>&1 || fail "$*: exit code $?"
  for _ in $(seq "$times"); do
    begun=${EPOCHREALTIME/[.,]/}
    "$@" > /dev/null 2>&1 || fail "$*: exit code $?"
    took+=($((${EPOCHREALTIME/[.,]/} - begun)))
  done
  middle=$(ratio "$(median "${took[@]}")" 1000 1)
  least=$(ratio "$(printf '%s\n' "${took[@]}" | sort -n | head -1)" 1000 1)
  most=$(ratio "$(printf '%s\n' "${took[@]}" | sort -n | tail -1)" 1000 1)
}

row() { # name times command...
  local name=$1
  clocked "${@:2}"
  printf '%-46s %7s %8s %8s %8s\n' "$name" "$2" "$middle" "$least" "$most"
}

printf '%-46s %7s %8s %8s %8s\n' 'milliseconds' starts median fastest slowest
# What it costs to start anything at all from here.
row 'true' "$starts" /bin/true
floor=$middle
row 'bankrun --version' "$starts" "$bankrun" --version
goal "start: bankrun --version, ms, beside true" "$middle" "$floor" "$middle" "<= 5.0"
set_of_three=("$bankrun" --mode robust --database sqlite --race-window 0)
row 'bankrun --race-window 0: the deterministic set' "$((starts / 5 + 1))" "${set_of_three[@]}"
goal "start: the deterministic set, start to verdict, ms" "$middle" - "$middle" "<= 300.0"
