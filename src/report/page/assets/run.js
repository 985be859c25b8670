// One run: a column with all that is known of it.
(function (bankrun) {
  "use strict";

  const { h, say, refill } = bankrun;

  const PARTS = ["verdict", "drift", "witness", "numbers", "traffic", "accounts", "waits", "details", "values"];

  function facts(header) {
    if (!header) return [];
    return [
      ["target", `${header.target} (${header.reason})`],
      ["mode", header.mode],
      ["database", header.database],
      ["race window", header.race_window],
      ["seed", header.seed],
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  }

  function head(run) {
    const state = h("span", { class: "state" });
    const words = h("dl", { class: "facts" });
    const notes = h("ul", { class: "notes" });
    const report = h("a", { class: "report", href: `/api/runs/${run.id}/report.html`, download: "" }, "report.html");
    const element = h("header", null,
      h("div", { class: "name" }, h("h3", { id: `run-${run.id}-name` }, run.label), state, report), words, notes);
    let last = "";
    return {
      element,
      draw: (now) => {
        report.hidden = now.state !== "done" || bankrun.offline === true;
        const text = JSON.stringify([now.header, bankrun.verdict.outcome(now)]);
        if (text === last) return;
        last = text;
        refill(state, bankrun.verdict.pill(now));
        refill(words, facts(now.header).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
        refill(notes, ((now.header || {}).notes || []).map((note) => h("li", null, note)));
      },
    };
  }

  function log() {
    const lines = h("pre");
    const element = h("details", { class: "log", hidden: true }, h("summary", null, "Log of the script"), lines);
    return {
      element,
      draw: (run) => {
        element.hidden = !run.log || run.log.length === 0;
        if (!element.hidden) say(lines, run.log.join("\n"));
      },
    };
  }

  /// A column that is kept up to date by `draw(run, shared)`.
  function make(run) {
    const parts = { head: head(run), goals: bankrun.numbers.goals(), log: log() };
    for (const name of PARTS) parts[name] = bankrun[name].make();
    const { verdict, numbers, drift, witness, traffic, accounts, waits, details, values } = parts;
    const charts = h("section", { class: "charts-section" }, h("h4", null, "Charts"), traffic.element, values.element);
    const waiting = h("p", { class: "empty" }, "Waiting for the first answers.");
    const element = h("article",
      { class: "run panel", id: `run-${run.id}`, "data-run": run.id, "data-label": run.label, "aria-labelledby": `run-${run.id}-name` },
      parts.head.element, verdict.element, parts.goals.element, numbers.element, waiting, drift.element, witness.element, accounts.element,
      charts, waits.element, details.element, parts.log.element);
    return {
      id: run.id,
      element,
      draw: (now, shared) => {
        element.dataset.state = now.state;
        const found = bankrun.verdict.outcome(now);
        element.dataset.outcome = found;
        const points = now.timeline && now.timeline.t.length > 0;
        const quiet = !points && now.state !== "done";
        waiting.hidden = !quiet;
        charts.hidden = !points;
        numbers.element.hidden = !points && !(now.summary && now.summary.verdict);
        [parts.head, parts.goals, parts.log, verdict, numbers, witness, accounts, waits, details].forEach((part) => part.draw(now));
        drift.element.hidden = !points;
        if (points) [drift, traffic, values].forEach((part) => part.draw(now, shared));
      },
      destroy: () => [drift, traffic, witness].forEach((part) => part.destroy()),
    };
  }

  bankrun.run = { make };
})(window.bankrun);
