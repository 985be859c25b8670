// The big numbers of a run, and how far its goals are.
(function (bankrun) {
  "use strict";

  const { h, say } = bankrun;
  const { count, rate, ms, seconds, known, last } = bankrun.format;

  const TILES = ["money", "requests", "p95", "vus", "doubt", "time"];

  function tile(name) {
    const label = h("dt");
    const value = h("dd", { class: "big" });
    const detail = h("dd", { class: "detail" });
    return { element: h("div", { class: `tile ${name}`, "data-tile": name }, label, value, detail), label, value, detail };
  }

  /// What the tiles say, while it runs and after it.
  function readings(run) {
    const now = run.now || {};
    const total = run.summary && run.summary.total;
    const missing = total ? run.summary.missing : now.missing;
    const surplus = total ? run.summary.surplus : now.surplus;
    const outcomes = total ? total.outcomes : now;
    const elapsed = total ? run.summary.elapsed_s : now.elapsed_s;
    const latency = total ? total.latency_ms && total.latency_ms["p(95)"] : last(run.timeline && run.timeline.p95);
    return {
      money: ["money missing", count(missing), surplus > 0 ? `and ${count(surplus)} too much` : "too much: 0"],
      requests: ["requests/s", rate(total ? total.http_reqs_per_s : now.rps), bankrun.format.counted((total ? total.http_reqs : now.requests) || 0, "request")],
      p95: ["p95 latency", ms(latency), total && total.latency_ms ? `p99 ${ms(total.latency_ms["p(99)"])}` : `p99 ${ms(last(run.timeline && run.timeline.p99))}`],
      vus: [total ? "most VUs" : "VUs", count(total ? total.vus_max : now.vus), bankrun.format.counted((total ? total.iterations : now.iterations) || 0, "iteration")],
      doubt: ["unknown / rejected", `${count(outcomes.unknown)} / ${count(outcomes.rejected)}`, `${count(outcomes.ok)} ok, ${count(outcomes.failed)} failed`],
      time: ["elapsed", seconds(elapsed), dropped(total ? total.iterations_dropped : now.dropped)],
    };
  }

  const dropped = (many) => (many > 0 ? `${count(many)} dropped` : "none dropped");

  function make() {
    const tiles = Object.fromEntries(TILES.map((name) => [name, tile(name)]));
    const element = h("dl", { class: "tiles" }, TILES.map((name) => tiles[name].element));
    return {
      element,
      draw: (run) => {
        const found = readings(run);
        for (const name of TILES) {
          const [label, value, detail] = found[name];
          say(tiles[name].label, label);
          say(tiles[name].value, value);
          say(tiles[name].detail, detail);
        }
        const now = run.summary || run.now || {};
        tiles.money.element.dataset.state = now.missing > 0 ? "bad" : now.surplus > 0 ? "doubt" : "good";
      },
    };
  }

  /// Of a goal: share of the whole, and words.
  function reached(run, goal, index) {
    const progress = ((run.now || {}).progress || [])[index] || {};
    const iterations = progress.iterations || 0;
    if (known(goal.iterations)) {
      return [goal.iterations > 0 ? iterations / goal.iterations : 1, `${count(iterations)} of ${count(goal.iterations)} iterations`];
    }
    const elapsed = Math.max(0, Math.min(goal.duration_s, ((run.now || {}).elapsed_s || 0) - (goal.start_s || 0)));
    const share = run.state === "done" ? 1 : goal.duration_s > 0 ? elapsed / goal.duration_s : 0;
    return [share, `${seconds(run.state === "done" ? goal.duration_s : elapsed)} of ${seconds(goal.duration_s)}, ${count(iterations)} iterations`];
  }

  /// One bar a workload.
  function goals() {
    const element = h("ul", { class: "goals", "aria-label": "Progress of the workloads" });
    let bars = [];
    let names = "";
    function build(run) {
      bars = run.goals.map((goal) => {
        const bar = h("progress", { max: "1", value: "0", "aria-label": goal.name });
        const words = h("span", { class: "words" });
        return { bar, words, item: h("li", null, h("span", { class: "name" }, goal.name), bar, words) };
      });
      bankrun.refill(element, bars.map((bar) => bar.item));
    }
    return {
      element,
      draw: (run) => {
        element.hidden = run.goals.length === 0 || run.state === "done";
        const now = run.goals.map((goal) => goal.name).join("\n");
        if (bars.length !== run.goals.length || names !== now) build(run);
        names = now;
        run.goals.forEach((goal, index) => {
          const [share, words] = reached(run, goal, index);
          bars[index].bar.value = Math.min(1, share);
          say(bars[index].words, words);
        });
      },
    };
  }

  bankrun.numbers = { make, goals };
})(window.bankrun);
