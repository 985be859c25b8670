// The timeline of a run: one array a column, a few hundred points long.
(function (bankrun) {
  "use strict";

  const COLUMNS = ["t", "rps", "p50", "p95", "p99", "ok", "rejected", "failed", "unknown", "vus",
    "dropped", "missing", "surplus", "waiting"];

  function put(column, from, points) {
    while (column.length < from) column.push(null);
    column.length = from;
    for (const point of points || []) column.push(point);
  }

  /// Takes a `points` message. False: points before it were merged or are not
  /// here, and the whole run is to come.
  function apply(run, message) {
    const timeline = run.timeline;
    if (!timeline || timeline.generation !== message.generation || message.from > timeline.t.length) return false;
    for (const name of COLUMNS) put((timeline[name] = timeline[name] || []), message.from, message.timeline[name]);
    for (const account of message.timeline.accounts || []) {
      let known = timeline.accounts.find((other) => other.account === account.account);
      if (!known) {
        known = { account: account.account, expected: [], actual: [] };
        timeline.accounts.push(known);
      }
      put(known.expected, message.from, account.expected);
      put(known.actual, message.from, account.actual);
    }
    return true;
  }

  const highest = (column) => (column || []).reduce((most, value) => (value !== null && value > most ? value : most), 0);

  bankrun.columns = { apply, highest };
})(window.bankrun);
