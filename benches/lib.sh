# shellcheck shell=bash
# What the scripts in these folders share. To be sourced, with `here` set to the
# script's own folder.
#
#   ROUNDS, SECONDS_EACH          how often each side is measured, and for how long
#   BANKRUN, EXAMPLES, PEERS      where binary, examples and peers are, if elsewhere
#   GENERATOR_CORE, SERVER_CORE   where load and server run: 0 and 1

# Both are for the scripts that source this.
# shellcheck disable=SC2034
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-10}
benches=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
built=${CARGO_TARGET_DIR:-$benches/../target}
bankrun=${BANKRUN:-$built/dist/bankrun}
examples=${EXAMPLES:-$built/dist/examples}
peers=${PEERS:-$built/peers}
generator_core=${GENERATOR_CORE:-0}
server_core=${SERVER_CORE:-1}

fail() { echo "${0##*/}: $*" >&2; exit 1; }

need() { # program how-to-get-it
  command -v "$1" > /dev/null || fail "no $1: $2"
}

need_built() {
  local build="cargo build --profile dist --bin bankrun --example null_server --example hyper_loop"
  [[ -x $bankrun ]] || fail "no $bankrun: $build"
  bankrun=$(realpath "$bankrun")
  [[ -x $examples/null_server && -x $examples/hyper_loop ]] || fail "no examples in $examples: $build"
}

need_two_cores() {
  need taskset "apt-get install util-linux"
  taskset -c "$generator_core,$server_core" true 2> /dev/null ||
    fail "two processors are needed: GENERATOR_CORE and SERVER_CORE name them"
}

median() { printf '%s\n' "$@" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

# `ratio 3 2 2` is 1.50: the third word is how many decimals.
ratio() { awk -v a="$1" -v b="$2" -v places="${3:-2}" 'BEGIN { if (b > 0) printf "%.*f", places, a / b; else printf "-" }'; }

# One line of the table that benches/run.sh prints in the end.
goal() { # what ours theirs figure goal, such as '<= 1.00'; '-' where there is none
  [[ -z ${GOALS:-} ]] || (IFS=$'\t'; echo "$*") >> "$GOALS"
}

# Runs a command, what it prints to a file; its processor time, user and system
# and that of its children, is in $cpu, in seconds.
timed() { # file command...
  local file=$1 TIMEFORMAT='%U %S' used
  shift
  used=$( { time "$@" > "$file" 2>&1; } 2>&1 ) || return 1
  cpu=$(awk '{ print $1 + $2 }' <<< "${used##*$'\n'}")
}

# Waits for a server to say where it listens: its address is in $address.
await_address() { # process file
  for _ in $(seq 200); do
    address=$(sed -n 's/.*http:\/\/\(127\.0\.0\.1:[0-9]*\).*/\1/p' "$2" | head -1)
    [[ -z $address ]] || return 0
    kill -0 "$1" 2> /dev/null || break
    sleep 0.1
  done
  fail "the server did not start: $(cat "$2")"
}

stop_process() { # process, or nothing
  if [[ -n $1 ]] && kill "$1" 2> /dev/null; then wait "$1" || true; fi
}

null_server=
# On the server's core; `url` and `address` say where.
start_null_server() { # log-file what-/health-answers
  taskset -c "$server_core" "$examples/null_server" 0 "${2:-}" > "$1" 2>&1 &
  null_server=$!
  await_address "$null_server" "$1"
  # shellcheck disable=SC2034
  url=http://$address
}

stop_null_server() {
  stop_process "$null_server"
  null_server=
}

ask() { # path: the body of the null server's answer
  local line connection
  exec {connection}<> "/dev/tcp/${address%:*}/${address#*:}"
  printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&"$connection"
  while IFS= read -r line && [[ $line != $'\r' ]]; do :; done <&"$connection"
  cat <&"$connection"
  exec {connection}>&-
}

# Runs a generator, and asks the null server what it has seen: `rate` is deposits
# answered in a second, `cost` the generator's microseconds of processor time for
# each, `served` how many there were.
load() { # log-file command...
  local span
  ask /count > /dev/null
  timed "$@" || return 1
  read -r served span < <(ask /count)
  (( served > 0 )) || return 1
  rate=$(ratio "$served" "$span" 0)
  cost=$(awk -v cpu="$cpu" -v served="$served" 'BEGIN { printf "%.2f", cpu * 1e6 / served }')
}
