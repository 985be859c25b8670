#!/usr/bin/env bash
# The bank against pgbench, the same SQL on the same database: a temporary
# PostgreSQL with fsync on, both sides in turn, medians and ratios at the end.
#
#   cargo build --release && benches/bank/run.sh          # some eight minutes
#   ROUNDS=1 SECONDS_EACH=3 benches/bank/run.sh           # a first look
#
# Needs initdb, pgbench (Debian: postgresql) and wrk. Touches no other cluster.
# BANKRUN and PGBIN name the binary and PostgreSQL's folder, where they are not
# found by themselves.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bankrun=${BANKRUN:-$here/../../target/release/bankrun}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-10}

fail() { echo "run.sh: $*" >&2; exit 1; }

newest_postgres() {
  local initdb
  initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)
  [[ -x $initdb ]] || initdb=$(command -v initdb) || fail "no initdb: install PostgreSQL"
  dirname "$(readlink -f "$initdb")"
}

pgbin=${PGBIN:-$(newest_postgres)}
[[ -x $bankrun ]] || fail "no $bankrun: cargo build --release"
[[ -x $pgbin/pgbench ]] || fail "no pgbench in $pgbin"
bankrun=$(realpath "$bankrun")
command -v wrk > /dev/null || fail "no wrk: apt-get install wrk"

folder=$(mktemp -d /tmp/bankrun-bench-XXXXXX)
server=

as_postgres() {
  # PostgreSQL refuses to run as root.
  if [[ $(id -u) = 0 ]]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
  else
    "$@"
  fi
}

stop_server() {
  [[ -z $server ]] || { kill "$server" && wait "$server" || true; }
  server=
}

clean_up() {
  stop_server
  as_postgres "$pgbin/pg_ctl" -D "$folder/data" -m fast -w stop > /dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

cd "$folder"
mkdir socket
if [[ $(id -u) = 0 ]]; then chown -R postgres: "$folder"; fi
as_postgres "$pgbin/initdb" -D data -U postgres --auth=trust --encoding=UTF8 --no-locale > initdb.log
as_postgres "$pgbin/pg_ctl" -D data -l postgres.log -w \
  -o "-c listen_addresses= -c unix_socket_directories=$folder/socket -c max_connections=400" \
  start > /dev/null
export PGHOST=$folder/socket PGUSER=postgres PGDATABASE=postgres

sql() { "$pgbin/psql" -XAtqc "$1"; }
[[ $(sql 'SHOW fsync') = on && $(sql 'SHOW synchronous_commit') = on ]] || fail "fsync is off"

start_server() { # mode
  "$bankrun" serve --mode "$1" --race-window 0 --listen 127.0.0.1:0 > server.log 2> server.err &
  server=$!
  for _ in $(seq 100); do
    url=$(sed -n 's/^bankrun serves \(http:[^,]*\),.*/\1/p' server.log)
    [[ -z $url ]] || return 0
    kill -0 "$server" 2> /dev/null || break
    sleep 0.1
  done
  server=
  fail "the server did not start: $(cat server.log server.err)"
}

# Both sides begin from the same table, without the rows that the other left.
settle() { # rows
  sql "DELETE FROM accounts"
  sql "INSERT INTO accounts (id, balance) SELECT id, 1000 FROM generate_series(1, $1) AS id"
  sql "VACUUM FULL accounts"
  sql "ANALYZE accounts"
  sql "CHECKPOINT"
}

# Transactions per second.
theirs() { # rows clients seconds
  "$pgbin/pgbench" -n -M prepared -f "$here/update.sql" -D rows="$1" -c "$2" -j 2 -T "$3" \
    > pgbench.log 2> pgbench.err || fail "pgbench: $(cat pgbench.err)"
  sed -n 's/^tps = \([0-9.]*\).*/\1/p' pgbench.log
}

# Requests per second. All must have been answered with 200, and the money must
# be there: what was answered, and no more than was still under way at the end.
ours() { # rows clients seconds
  local before after answered
  before=$(sql 'SELECT sum(balance) FROM accounts')
  wrk -t 1 -c "$2" -d "${3}s" -s "$here/deposit.lua" "$url" -- "$1" > wrk.log
  if grep -Eq 'Non-2xx|Socket errors' wrk.log; then fail "$(cat wrk.log)"; fi
  # Those under way are carried out after wrk has gone.
  sleep 1
  after=$(sql 'SELECT sum(balance) FROM accounts')
  answered=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' wrk.log)
  (( after - before >= answered && after - before <= answered + $2 )) ||
    fail "$answered deposits were answered, and $((after - before)) are in the accounts"
  sed -n 's/^Requests\/sec: *//p' wrk.log
}

median() { printf '%s\n' "$@" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }

printf 'PostgreSQL %s, fsync on; %s processors; %s rounds of %s s on each side, medians\n\n' \
  "$(sql 'SHOW server_version')" "$(nproc)" "$rounds" "$seconds"
printf '%-8s %5s %8s %12s %12s %6s   %s\n' \
  mode rows clients 'pgbench tps' 'bankrun rps' ratio 'each round: pgbench, bankrun'

compare() { # mode rows clients
  local mode=$1 rows=$2 clients=$3 left=() right=() each= rate
  start_server "$mode"
  settle "$rows"
  theirs "$rows" "$clients" 1 > /dev/null
  ours "$rows" "$clients" 1 > /dev/null
  for _ in $(seq "$rounds"); do
    settle "$rows"
    rate=$(theirs "$rows" "$clients" "$seconds")
    left+=("$rate")
    settle "$rows"
    rate=$(ours "$rows" "$clients" "$seconds")
    right+=("$rate")
    each+=$(printf ' %.0f,%.0f' "${left[-1]}" "${right[-1]}")
  done
  stop_server
  awk -v mode="$mode" -v rows="$rows" -v clients="$clients" -v each="$each" \
    -v left="$(median "${left[@]}")" -v right="$(median "${right[@]}")" 'BEGIN {
      printf "%-8s %5d %8d %12.0f %12.0f %6.2f  %s\n",
        mode, rows, clients, left, right, right / left, each }'
}

for case in "${@:-robust:1:32 robust:3:32 robust:1000:32 batched:1:256 batched:1000:256}"; do
  for one in $case; do
    IFS=: read -r mode rows clients <<< "$one"
    compare "$mode" "$rows" "$clients"
  done
done
