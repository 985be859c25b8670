#!/usr/bin/env bash
# What an order of statements takes: all pairs in `naive` and `robust`, and three
# deposits at once, on a private PostgreSQL. Prints the median of each group.
#
#   cargo build --profile dist
#   benches/explore/run.sh                                # half a minute
#   BANKRUN=target/debug/bankrun ROUNDS=1 benches/explore/run.sh
set -euo pipefail

bankrun=${BANKRUN:-target/dist/bankrun}
rounds=${ROUNDS:-3}
[[ -x $bankrun ]] || { echo "build it first: cargo build --profile dist" >&2; exit 1; }
command -v jq > /dev/null || { echo "jq is needed (apt-get install jq)" >&2; exit 1; }

result=$(mktemp /tmp/bankrun-bench-XXXXXX)
trap 'rm -f "$result"' EXIT

echo "two requests, at most 10 ms an order are wanted:"
for ((round = 1; round <= rounds; round++)); do
  # 1: an order failed, as it should in naive.
  "$bankrun" explore --mode naive,robust --json "$result" > /dev/null || [[ $? = 1 ]]
  jq -r --arg round "$round" '.explorations[] |
    "  round \($round)  \(.mode): \(.group): \(.orders) orders, median \((.seconds_per_order_median * 10000 | round) / 10) ms"' "$result"
done

echo "three requests, at most 10 s for 500 orders are wanted:"
for ((round = 1; round <= rounds; round++)); do
  "$bankrun" explore --mode transaction --op 'deposit 10 1' --op 'deposit 20 1' --op 'deposit 40 1' \
    --sample 500 --json "$result" > /dev/null || [[ $? = 1 ]]
  jq -r --arg round "$round" '.explorations[] |
    "  round \($round)  \(.orders) orders in \((.seconds * 100 | round) / 100) s"' "$result"
done
