// What any load tester shows: requests, latencies, outcomes, who waits.
(function (bankrun) {
  "use strict";

  const { h } = bankrun;
  const { highest } = bankrun.columns;
  const { rate, ms, count } = bankrun.format;

  const SPECS = {
    requests: {
      title: "Requests a second, and virtual users",
      height: 150,
      lines: [
        { label: "requests/s", colour: "--blue", fill: "--blue-wash", show: rate },
        { label: "VUs", colour: "--violet", dash: [4, 3], right: true, stepped: true, show: count },
      ],
    },
    latency: {
      title: "Latency",
      height: 150,
      tick: (value, step) => `${bankrun.charts.tick(value, step)}ms`,
      lines: [
        { label: "p50", colour: "--blue", show: ms },
        { label: "p95", colour: "--amber", dash: [7, 3], show: ms },
        { label: "p99", colour: "--violet", dash: [2, 3], show: ms },
      ],
    },
    outcomes: {
      title: "Outcomes, operations a second",
      height: 130,
      lines: [
        { label: "ok", colour: "--green", fill: "--green-wash", show: rate },
        { label: "rejected", colour: "--amber", fill: "--amber-wash", dash: [6, 3], show: rate },
        { label: "failed", colour: "--red", fill: "--red-wash", dash: [2, 3], show: rate },
        { label: "unknown", colour: "--violet", fill: "--violet-wash", dash: [10, 3, 2, 3], show: rate },
      ],
      bands: [{ series: [1, 2] }, { series: [2, 3] }, { series: [3, 4] }],
    },
    money: {
      title: "Money missing, over all accounts",
      height: 130,
      lines: [
        { label: "missing", colour: "--red", fill: "--red-wash", show: count },
        { label: "too much", colour: "--amber", dash: [5, 3], show: count },
      ],
    },
    waiting: {
      title: "Connections that wait for a lock",
      height: 110,
      lines: [{ label: "waiting", colour: "--amber", fill: "--amber-wash", stepped: true, show: count }],
    },
  };

  /// From the top of the stack to its foot.
  const STACK = ["ok", "rejected", "failed", "unknown"];

  /// Operations a second from operations an interval: each alone, and on top of
  /// those below it. The last interval of a run that goes on is not over, and
  /// would look like a fall.
  function stacked(run) {
    const { t } = run.timeline;
    const whole = run.state === "running" ? t.length - 1 : t.length;
    const rates = STACK.map((name) => t.map((end, index) => {
      const seconds = end - (index > 0 ? t[index - 1] : 0);
      const operations = run.timeline[name][index];
      return index < whole && seconds > 0 && operations !== null ? operations / seconds : null;
    }));
    const sums = rates.map((_, level) => t.map((end, index) => rates.slice(level).reduce(
      (sum, column) => (sum === null || column[index] === null ? null : sum + column[index]), 0)));
    return { rates, sums };
  }

  /// What holds for an interval holds from its beginning: the first one begins at 0.
  const fromZero = (t, columns, start) =>
    [[0, ...t], ...columns.map((column) => [start === undefined ? column[0] : start, ...column])];

  function data(run, name) {
    const line = run.timeline;
    const of = { requests: ["rps", "vus"], latency: ["p50", "p95", "p99"], money: ["missing", "surplus"], waiting: ["waiting"] };
    if (name === "outcomes") {
      const { rates, sums } = stacked(run);
      return { columns: fromZero(line.t, sums), shown: fromZero(line.t, rates).slice(1) };
    }
    const columns = of[name].map((column) => line[column]);
    return { columns: fromZero(line.t, columns, name === "money" ? 0 : undefined), shown: undefined };
  }

  /// The highest of each chart, which the runs of a group share.
  function peaks(run) {
    const line = run.timeline;
    const top = stacked(run).sums[0];
    return {
      requests: highest(line.rps),
      vus: highest(line.vus),
      latency: Math.max(highest(line.p50), highest(line.p95), highest(line.p99)),
      outcomes: highest(top),
      money: Math.max(highest(line.missing), highest(line.surplus)),
      waiting: highest(line.waiting),
    };
  }

  const above = (value) => [0, value > 0 ? value * 1.12 : 1];

  /// The charts of one run.
  function make() {
    const charts = {};
    for (const [name, spec] of Object.entries(SPECS)) charts[name] = bankrun.charts.make({ ...spec, kind: name });
    const element = h("div", { class: "charts" }, Object.values(charts).map((chart) => chart.element));
    return {
      element,
      draw: (run, shared) => {
        const waits = run.timeline.waiting.some((value) => value !== null);
        charts.waiting.element.hidden = !waits;
        for (const [name, chart] of Object.entries(charts)) {
          if (name === "waiting" && !waits) continue;
          const { columns, shown } = data(run, name);
          const limits = { x: shared.x, y: above(shared.peaks[name]), right: above(shared.peaks.vus) };
          chart.draw(columns, limits, shown);
        }
      },
      destroy: () => Object.values(charts).forEach((chart) => chart.destroy()),
    };
  }

  bankrun.traffic = { make, peaks };
})(window.bankrun);
