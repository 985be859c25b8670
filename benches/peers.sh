#!/usr/bin/env bash
# Installs what bankrun is measured beside, as far as the package managers here
# have it: oha (cargo), Locust (pip), express and pg (npm), all of it into
# target/peers. wrk and pgbench come from the system: apt-get install wrk
# postgresql. k6 is used where it is installed.
#
#   benches/peers.sh                 # all of them: some five minutes, mostly oha's
#   benches/peers.sh locust express
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=benches/lib.sh
source "$here/lib.sh"

oha() {
  need cargo "https://rustup.rs"
  cargo install oha --locked --root "$peers/oha"
}

locust() {
  need python3 "apt-get install python3 python3-venv"
  python3 -m venv "$peers/locust"
  "$peers/locust/bin/pip" install --quiet locust
}

express() {
  need npm "apt-get install nodejs npm"
  mkdir -p "$peers/express"
  cp "$here"/bank/express/{package.json,package-lock.json,server.js} "$peers/express"
  (cd "$peers/express" && npm ci --no-audit --no-fund)
}

for peer in "${@:-oha locust express}"; do
  for one in $peer; do
    case $one in
      oha | locust | express) "$one" ;;
      *) fail "$one: expected oha, locust or express" ;;
    esac
  done
done

for program in wrk pgbench k6; do
  command -v "$program" > /dev/null || ls /usr/lib/postgresql/*/bin/"$program" > /dev/null 2>&1 ||
    echo "not installed: $program"
done
