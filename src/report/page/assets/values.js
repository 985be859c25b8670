// The charts as a table, for those who cannot see them: the latest points.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, rate, ms } = bankrun.format;

  const SHOWN = 20;

  function make() {
    const place = h("div");
    const element = h("details", { class: "values" }, h("summary", null, "The charts as a table"), place);
    let run = null;

    function fill() {
      if (!run || !run.timeline || !element.open) return;
      const line = run.timeline;
      const last = line.t.length - 1;
      const picked = [];
      for (let index = last; index >= 0 && picked.length < SHOWN; index -= 1) picked.push(index);
      const columns = [["t", (value) => `${Number(value.toFixed(3))} s`], ["rps", rate], ["p50", ms], ["p95", ms], ["p99", ms],
        ["ok", count], ["rejected", count], ["failed", count], ["unknown", count], ["vus", count], ["missing", count], ["surplus", count], ["waiting", count]];
      const heads = columns.map(([name]) => ({ head: { t: "time", rps: "req/s", surplus: "too much" }[name] || name, number: true }));
      for (const account of line.accounts) heads.push({ head: `${account.account}: expected`, number: true }, { head: "actual", number: true });
      const rows = picked.map((index) => [
        ...columns.map(([name, show]) => (line[name][index] === null ? "" : show(line[name][index]))),
        ...line.accounts.flatMap((account) => [count(account.expected[index]), count(account.actual[index])]),
      ]);
      refill(place, bankrun.table("Latest points, newest first", heads, rows));
    }

    element.addEventListener("toggle", fill);
    return {
      element,
      draw: (next) => {
        run = next;
        // A table that is being read does not run away: it is made anew when it is opened, or when all is over.
        if (run.state === "done" && place.dataset.done !== "true" && element.open) {
          fill();
          place.dataset.done = "true";
        }
      },
    };
  }

  bankrun.values = { make };
})(window.bankrun);
