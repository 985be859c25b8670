// The runs of a group side by side, in a table.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, rate, ms, last } = bankrun.format;

  const COLUMNS = ["run", "verdict", "missing", "too much", "retries", "req/s", "p50", "p95", "p99"];

  function numbers(run) {
    const { summary, now, timeline } = run;
    if (summary && summary.total) {
      const latency = summary.total.latency_ms || {};
      return {
        missing: summary.missing, surplus: summary.surplus, retries: summary.retries, rps: summary.total.http_reqs_per_s,
        latency: [latency.med, latency["p(95)"], latency["p(99)"]],
      };
    }
    return {
      missing: (now || {}).missing, surplus: (now || {}).surplus, retries: null, rps: (now || {}).rps,
      latency: timeline ? [timeline.p50, timeline.p95, timeline.p99].map(last) : [],
    };
  }

  function row(run) {
    const found = numbers(run);
    const link = h("a", { href: `#run-${run.id}` }, run.label);
    const retries = found.retries === null || found.retries === undefined ? "" : count(found.retries);
    const money = (value) => h("td", { class: "number", "data-bad": value > 0 ? "true" : null }, count(value));
    return {
      attributes: { "data-compare": run.label },
      cells: [link, bankrun.verdict.pill(run), money(found.missing), money(found.surplus), retries, rate(found.rps), ...[0, 1, 2].map((index) => ms(found.latency[index]))],
    };
  }

  function make() {
    const element = h("section", { class: "compare panel", hidden: true });
    let last_text = "";
    return {
      element,
      draw: (runs) => {
        element.hidden = runs.length < 2;
        if (element.hidden) return;
        const text = JSON.stringify(runs.map((run) => [run.id, run.state, bankrun.verdict.outcome(run), numbers(run)]));
        if (text === last_text) return;
        // Where the keyboard is, it stays.
        const focused = element.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        last_text = text;
        refill(element, h("h3", null, "Side by side"),
          bankrun.table("Runs of this group", COLUMNS.map((head, index) => ({ head, number: index > 1 })), runs.map(row)));
        const again = focused && element.querySelector(`a[href="${focused}"]`);
        if (again) again.focus();
      },
    };
  }

  bankrun.compare = { make };
})(window.bankrun);
