#!/usr/bin/env bash
# Everything that is measured here, on a machine that does nothing else, and one
# table in the end: ours beside the peers', and each goal with its figure.
#
#   cargo build --profile dist --bin bankrun --example null_server --example hyper_loop
#   benches/peers.sh                                  # once
#   benches/run.sh                                    # some 25 minutes
#   ROUNDS=1 SECONDS_EACH=2 OPERATIONS=1000000 STARTS=20 CHECKED=1e5 benches/run.sh    # some six
#   benches/run.sh generator health                   # only these
#
#   generator scale bank health start checker instructions
#
# What each part says goes to standard error, the table to standard output.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export ROUNDS=${ROUNDS:-3} SECONDS_EACH=${SECONDS_EACH:-6}
# shellcheck source=benches/lib.sh
source "$here/lib.sh"
need_built

GOALS=$(mktemp /tmp/bankrun-goals-XXXXXX)
export GOALS
trap 'rm -f "$GOALS"' EXIT
trap 'exit 130' INT TERM

# A million operations on the rows that the goal is for.
checker() {
  local most=${CHECKED:-1e6} report
  report=$(cd "$here/.." && cargo bench --quiet --locked --bench checker -- "$most") || return 1
  echo "$report"
  # Of two tables, the last rows: operations, seconds.
  while read -r name operations took; do
    local limit=-
    (( operations != 1000000 )) || limit="<= 1.000"
    goal "checker: $operations operations, ${name//_/ }, s" "$took" - "$took" "$limit"
  done < <(awk '
    /^[0-9 ]*[a-z1]/ && NF && !/^ *[0-9]+ +[0-9.]+ / && !/^operations/ { title = $0; gsub(/ /, "_", title) }
    /^ *[0-9]+ +[0-9.]+ / { last[title] = $1 " " $2 }
    END { for (title in last) print title, last[title] }' <<< "$report" | sort)
}

instructions() {
  local report
  report=$(cd "$here/.." && cargo bench --quiet --locked --bench instructions) || return 1
  echo "$report"
  while IFS=$'\t' read -r name count; do
    goal "instructions: $name" "$count" - "$count" -
  done < <(sed -n 's/^\(.*[^ ]\)  *\([0-9][0-9]*\)$/\1\t\2/p' <<< "$report")
}

parts=(generator scale bank health start checker instructions)
(( $# == 0 )) || parts=("$@")
broken=()
for part in "${parts[@]}"; do
  printf '\n== %s\n' "$part" >&2
  case $part in
    generator | scale | bank | health | start) "$here/$part/run.sh" >&2 || broken+=("$part") ;;
    checker | instructions) "$part" >&2 || broken+=("$part") ;;
    *) fail "$part: expected generator, scale, bank, health, start, checker or instructions" ;;
  esac
done

printf '\n%s, %s processors; %s rounds of %s s on each side, medians\n\n' \
  "$("$bankrun" --version)" "$(nproc)" "$rounds" "$seconds"
awk -F '\t' '
  BEGIN { row("", "ours", "theirs", "figure", "goal", "") }
  function row(what, ours, theirs, figure, goal, met) {
    printf "%-64s %10s %10s %9s  %-8s %s\n", what, ours, theirs, figure, goal, met
  }
  {
    met = ""
    split($5, limit, " ")
    if ($5 != "-" && $4 != "-") {
      holds = limit[1] == "<=" ? $4 + 0 <= limit[2] + 0 : $4 + 0 >= limit[2] + 0
      met = holds ? "yes" : "no"
    }
    row($1, $2, $3, $4, $5, met)
  }' "$GOALS"
(( ${#broken[@]} == 0 )) || fail "broken off: ${broken[*]}"
