// What the database does: who waits for whom.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, ms } = bankrun.format;

  const COLUMNS = [{ head: "pid" }, { head: "waits for" }, { head: "lock" }, { head: "waited", number: true }, { head: "statement" }];

  function line(database) {
    return `${count(database.active)} active, ${count(database.waiting)} waiting for a lock, ` +
      `${count(database.idle_in_transaction)} idle in a transaction, longest wait ${ms(database.longest_wait_ms)}, ` +
      `${bankrun.format.counted(database.deadlocks || 0, "deadlock")}`;
  }

  function make() {
    const words = h("p", { class: "note" });
    const place = h("div");
    const element = h("section", { class: "waits-section", hidden: true }, h("h4", null, "Who waits for whom"), words, place);
    let last = "";
    return {
      element,
      draw: (run) => {
        const database = run.now && run.now.database;
        element.hidden = !database;
        if (!database) return;
        const text = JSON.stringify(database);
        if (text === last) return;
        last = text;
        bankrun.say(words, line(database));
        const rows = database.blocked.map((blocked) => [
          String(blocked.pid),
          blocked.by.join(", "),
          blocked.waits_for,
          ms(blocked.waited_ms),
          h("code", null, blocked.query),
        ]);
        if (rows.length === 0) rows.push(["none", "", "", "", ""]);
        refill(place, bankrun.table("Connections that wait for others", COLUMNS, rows));
      },
    };
  }

  bankrun.waits = { make };
})(window.bankrun);
