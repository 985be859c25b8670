// What the database does: who waits for whom.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, ms } = bankrun.format;

  const COLUMNS = [{ head: "pid" }, { head: "waits for" }, { head: "lock" }, { head: "waited", number: true }, { head: "statement" }];

  /// Connections shown that wait, and of each that it waits for.
  const SHOWN = 8;
  const AHEAD = 3;

  function by(blocked) {
    const more = Math.max(blocked.ahead || 0, blocked.by.length) - AHEAD;
    return `${blocked.by.slice(0, AHEAD).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  }

  function line(database) {
    return `${count(database.active)} active, ${count(database.waiting)} waiting for a lock, ` +
      `${count(database.idle_in_transaction)} idle in a transaction, longest wait ${ms(database.longest_wait_ms)}, ` +
      `${bankrun.format.counted(database.deadlocks || 0, "deadlock")}`;
  }

  const longest = (seen) =>
    `longest wait ${ms(seen.longest_wait_ms)}, longest statement that waited ${ms(seen.longest_statement_ms)}`;

  /// What was seen of it in the whole run.
  function inAll(seen) {
    const { counters } = seen;
    const counted = counters
      ? `; ${bankrun.format.counted(counters.commits, "commit")}, ${bankrun.format.counted(counters.rollbacks, "rollback")}, ${bankrun.format.counted(counters.deadlocks, "deadlock")}`
      : "";
    if (seen.looks === 0) return `${seen.trouble || "not looked at while the run went on"}${counted}`;
    const waits = seen.peak_waiting === 0
      ? "nobody was seen waiting for a lock"
      : `at most ${count(seen.peak_waiting)} waiting for a lock, ${longest(seen)}`;
    return `${bankrun.format.counted(seen.looks, "look")}: ${waits}${counted}${seen.trouble ? `; ${seen.trouble}` : ""}`;
  }

  function make() {
    const words = h("p", { class: "note" });
    const place = h("div");
    const element = h("section", { class: "waits-section", hidden: true }, h("h4", null, "Who waits for whom"), words, place);
    let last = "";
    return {
      element,
      draw: (run) => {
        // When all is over: the whole of it, and the moment when most waited.
        const whole = run.summary && run.summary.database;
        const database = run.summary ? whole && whole.heaviest : run.now && run.now.database;
        element.hidden = !database && !whole;
        if (element.hidden) return;
        const text = JSON.stringify([whole, database]);
        if (text === last) return;
        last = text;
        bankrun.say(words, whole ? inAll(whole) : line(database));
        if (!database) {
          refill(place);
          return;
        }
        const rows = database.blocked.slice(0, SHOWN).map((blocked) => [
          String(blocked.pid),
          by(blocked),
          blocked.waits_for,
          ms(blocked.waited_ms),
          h("code", null, blocked.query),
        ]);
        const more = database.waiting - rows.length;
        if (rows.length === 0) rows.push(["none", "", "", "", ""]);
        refill(place, bankrun.table(whole ? `Connections that waited for others at ${database.time_s.toFixed(2)} s` : "Connections that wait for others", COLUMNS, rows),
          more > 0 ? h("p", { class: "note" }, `and ${count(more)} more`) : null);
      },
    };
  }

  bankrun.waits = { make };
})(window.bankrun);
