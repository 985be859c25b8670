#!/usr/bin/env bash
# The bank against pgbench and an Express service, the same SQL on the same
# database: a temporary PostgreSQL with fsync on, all sides in turn, medians and
# ratios at the end.
#
#   cargo build --profile dist && benches/peers.sh express     # once
#   benches/bank/run.sh                                   # some fifteen minutes
#   ROUNDS=1 SECONDS_EACH=3 benches/bank/run.sh           # a first look
#   benches/bank/run.sh robust:1:32                       # MODE:ROWS:CLIENTS, only these
#
# Needs initdb, pgbench (Debian: postgresql) and wrk; without Express its column
# is empty. Touches no other cluster. BANKRUN and PGBIN name the binary and
# PostgreSQL's folder, where they are not found by themselves.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/../lib.sh"

newest_postgres() {
  local initdb
  initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -1)
  [[ -x $initdb ]] || initdb=$(command -v initdb) || fail "no initdb: install PostgreSQL"
  dirname "$(readlink -f "$initdb")"
}

pgbin=${PGBIN:-$(newest_postgres)}
[[ -x $bankrun ]] || fail "no $bankrun: cargo build --profile dist"
[[ -x $pgbin/pgbench ]] || fail "no pgbench in $pgbin"
bankrun=$(realpath "$bankrun")
need wrk "apt-get install wrk"
express=$peers/express
if [[ ! -d $express/node_modules ]] || ! command -v node > /dev/null; then
  express=
  echo "without Express: benches/peers.sh express installs it" >&2
fi

folder=$(mktemp -d /tmp/bankrun-bench-XXXXXX)
server="" express_server=""

as_postgres() {
  # PostgreSQL refuses to run as root.
  if [[ $(id -u) = 0 ]]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
  else
    "$@"
  fi
}

stop_servers() {
  stop_process "$server"
  stop_process "$express_server"
  server="" express_server=""
}

clean_up() {
  stop_servers
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

# They listen at $bankrun_url and $express_url.
start_servers() { # mode
  local address
  "$bankrun" serve --mode "$1" --race-window 0 --listen 127.0.0.1:0 > server.log 2>&1 &
  server=$!
  await_address "$server" server.log
  bankrun_url=http://$address
  [[ -n $express ]] || return 0
  NODE_ENV=production node "$express/server.js" > express.log 2>&1 &
  express_server=$!
  await_address "$express_server" express.log
  express_url=http://$address
}

# All sides begin from the same table, without the rows that another left.
settle() { # rows
  sql "DELETE FROM accounts"
  sql "INSERT INTO accounts (id, balance) SELECT id, 1000 FROM generate_series(1, $1) AS id"
  sql "VACUUM FULL accounts"
  sql "ANALYZE accounts"
  sql "CHECKPOINT"
}

# Transactions per second.
pgbench() { # rows clients seconds
  "$pgbin/pgbench" -n -M prepared -f "$here/update.sql" -D rows="$1" -c "$2" -j 2 -T "$3" \
    > pgbench.log 2> pgbench.err || fail "pgbench: $(cat pgbench.err)"
  sed -n 's/^tps = \([0-9.]*\).*/\1/p' pgbench.log
}

# Requests per second. All must have been answered with 200, and the money must
# be there: what was answered, and no more than was still under way at the end.
served() { # url rows clients seconds
  local url=$1
  shift
  local before after answered
  before=$(sql 'SELECT sum(balance) FROM accounts')
  # 256 that wait for one row may wait for longer than wrk's 2 s.
  wrk -t 1 -c "$2" -d "${3}s" --timeout 30s -s "$here/deposit.lua" "$url" -- "$1" > wrk.log
  if grep -Eq 'Non-2xx|Socket errors' wrk.log; then fail "$(cat wrk.log)"; fi
  # Those under way are carried out after wrk has gone.
  sleep 1
  after=$(sql 'SELECT sum(balance) FROM accounts')
  answered=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' wrk.log)
  (( after - before >= answered && after - before <= answered + $2 )) ||
    fail "$answered deposits were answered, and $((after - before)) are in the accounts"
  sed -n 's/^Requests\/sec: *//p' wrk.log
}

printf 'PostgreSQL %s, fsync on; %s processors; %s rounds of %s s on each side, medians\n\n' \
  "$(sql 'SHOW server_version')" "$(nproc)" "$rounds" "$seconds"
printf '%-8s %5s %8s %12s %12s %6s %12s %6s   %s\n' mode rows clients \
  'pgbench tps' 'bankrun rps' ratio 'Express rps' ratio 'each round: pgbench, bankrun, Express'

# Goals, as benches/run.sh shows them.
goal_of() { # mode rows
  case $1:$2 in
    robust:1 | robust:3) echo ">= 1.00" ;;
    robust:1000) echo ">= 0.80" ;;
    batched:1) echo ">= 5.00" ;;
    *) echo - ;;
  esac
}

compare() { # mode rows clients
  local mode=$1 rows=$2 clients=$3 left=() ours=() right=() each="" round lasting
  start_servers "$mode"
  # The first round warms up and is not counted.
  for round in $(seq 0 "$rounds"); do
    lasting=$seconds
    (( round > 0 )) || lasting=1
    settle "$rows"
    left[round]=$(pgbench "$rows" "$clients" "$lasting")
    settle "$rows"
    ours[round]=$(served "$bankrun_url" "$rows" "$clients" "$lasting")
    [[ -z $express ]] || settle "$rows"
    right[round]=$([[ -z $express ]] || served "$express_url" "$rows" "$clients" "$lasting")
    (( round == 0 )) || each+=$(printf ' %.0f,%.0f,%.0f' "${left[round]}" "${ours[round]}" "${right[round]:-0}")
  done
  stop_servers
  local theirs bank others
  theirs=$(median "${left[@]:1}") bank=$(median "${ours[@]:1}") others=$(median "${right[@]:1}")
  [[ -z $others ]] || others=$(printf %.0f "$others")
  printf '%-8s %5d %8d %12.0f %12.0f %6s %12s %6s  %s\n' "$mode" "$rows" "$clients" "$theirs" "$bank" \
    "$(ratio "$bank" "$theirs")" "${others:--}" "$(ratio "$bank" "${others:-0}")" "$each"
  goal "bank: $mode, $rows rows, $clients clients, /s, beside pgbench" \
    "$bank" "$theirs" "$(ratio "$bank" "$theirs")" "$(goal_of "$mode" "$rows")"
  goal "bank: $mode, $rows rows, $clients clients, /s, beside Express" "$bank" "${others:--}" "$(ratio "$bank" "${others:-0}")" ">= 2.00"
}

for case in "${@:-robust:1:32 robust:3:32 robust:1000:32 batched:1:256 batched:1000:256}"; do
  for one in $case; do
    IFS=: read -r mode rows clients <<< "$one"
    compare "$mode" "$rows" "$clients"
  done
done
