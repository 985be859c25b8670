// What was claimed and measured: thresholds, checks, invariants, errors, workloads.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, rate, ms, counted, known } = bankrun.format;

  /// May be broken anywhere: who knows what a service answers.
  const long = (text) => h("div", { class: "long" }, text);

  const mark = (ok) => h("span", { class: "mark", "data-ok": String(ok) }, ok === null ? "?" : ok ? "✓" : "✗",
    h("span", { class: "unseen" }, ok === null ? " unknown" : ok ? " held" : " did not hold"));

  function number(threshold) {
    if (!known(threshold.actual)) return threshold.reason || "no sample";
    const value = Number(threshold.actual.toPrecision(4));
    return threshold.aborted_at_s ? `${value}, ended the run after ${threshold.aborted_at_s.toFixed(1)} s` : String(value);
  }

  function thresholds(summary) {
    if (summary.thresholds.length === 0) return null;
    const rows = summary.thresholds.map((threshold) =>
      [long(threshold.metric), h("code", null, threshold.threshold), number(threshold), mark(threshold.ok)]);
    return bankrun.table("Thresholds", [{ head: "metric" }, { head: "expression" }, { head: "actual", number: true }, { head: "held" }], rows);
  }

  function checks(summary) {
    const names = Object.entries(summary.checks);
    if (names.length === 0) return null;
    names.sort((a, b) => (a[1].fails === 0) - (b[1].fails === 0));
    const seen = (check) => (check.failures || []).map((failure) =>
      long(`${failure.times}x expected ${failure.expected}, got ${failure.actual}`));
    const rows = names.map(([name, check]) => [long(name), count(check.passes), count(check.fails), mark(check.fails === 0), seen(check)]);
    return bankrun.table("Checks", [{ head: "check" }, { head: "held", number: true }, { head: "failed", number: true }, { head: "" }, { head: "values" }], rows);
  }

  function invariants(summary) {
    const names = Object.entries(summary.invariants);
    if (names.length === 0) return null;
    const seen = (looks) => (looks.violations || []).map((violation) =>
      long(`at ${violation.time_s.toFixed(3)} s: ${violation.seen}`));
    const held = (looks) => mark(looks.violated > 0 ? false : looks.looks === 0 ? null : true);
    const rows = names.map(([name, looks]) => [long(name), count(looks.looks), count(looks.violated), held(looks), seen(looks)]);
    return bankrun.table("Invariants", [{ head: "invariant" }, { head: "looks", number: true }, { head: "violated", number: true }, { head: "" }, { head: "seen" }], rows);
  }

  function errors(summary) {
    const all = Object.entries(summary.errors).sort((a, b) => b[1] - a[1]);
    if (all.length === 0) return null;
    return bankrun.table("Errors", [{ head: "times" }, { head: "error" }], all.slice(0, 20).map(([error, times]) => [`${count(times)}x`, long(error)]));
  }

  /// A row a workload, and one for all where there are several.
  function each(summary) {
    const rows = summary.scenarios.map((workload) => [workload.name, workload.metrics, workload.vus]);
    if (rows.length > 1) rows.push(["all", summary.total, summary.total.vus_max]);
    return rows;
  }

  function latencies(summary) {
    const names = ["min", "avg", "med", "p(90)", "p(95)", "p(99)", "max"];
    const rows = each(summary).filter(([, metrics]) => metrics.latency_ms)
      .map(([name, metrics]) => [name, ...names.map((key) => ms(metrics.latency_ms[key]))]);
    if (rows.length === 0) return null;
    return bankrun.table("Latency by workload", [{ head: "workload" }, ...names.map((name) => ({ head: name.replace(/[()]/g, ""), number: true }))], rows);
  }

  function workloads(summary) {
    const rows = each(summary).map(([name, metrics, vus]) => {
      const { ok, rejected, failed, unknown } = metrics.outcomes;
      return [name, ...[vus, metrics.iterations, ok, rejected, failed, unknown].map(count), rate(metrics.http_reqs_per_s)];
    });
    const heads = ["vus", "iterations", "ok", "rejected", "failed", "unknown", "req/s"];
    return bankrun.table("Workloads", [{ head: "workload" }, ...heads.map((head) => ({ head, number: true }))], rows);
  }

  /// Metrics of every run; they stand elsewhere.
  const OWN = ["http_reqs", "http_req_duration", "http_req_failed", "operations", "iterations",
    "iteration_duration", "dropped_iterations", "checks", "vus", "vus_max"];

  /// What a script, or the scenario, measured by itself.
  function custom(summary) {
    const others = Object.entries(summary.metrics).filter(([name, metric]) =>
      !OWN.includes(name.split("{")[0]) && metric.values);
    if (others.length === 0) return null;
    const rows = others.map(([name, metric]) => [name, metric.type,
      Object.entries(metric.values).map(([key, value]) => `${key} ${Number(Number(value).toPrecision(4))}`).join(", ")]);
    return bankrun.table("Other metrics", [{ head: "metric" }, { head: "type" }, { head: "values" }], rows);
  }

  function make() {
    const element = h("section", { class: "details", hidden: true, "aria-label": "Numbers of the run" });
    let shown = null;
    return {
      element,
      draw: (run) => {
        if (shown === run.summary) return;
        shown = run.summary;
        const { summary } = run;
        element.hidden = !summary || !summary.verdict;
        if (element.hidden) return;
        const tables = [thresholds, checks, invariants, errors, workloads, latencies, custom].map((part) => part(summary));
        refill(element, h("h4", null, "Numbers"), tables, retries(summary));
      },
    };
  }

  function retries(summary) {
    if (!summary.retries) return null;
    return h("p", { class: "note" }, `The built-in server tried transactions again ${counted(summary.retries, "time")}.`);
  }

  bankrun.details = { make };
})(window.bankrun);
