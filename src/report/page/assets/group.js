// The runs that were started together: a comparison, and a column each.
(function (bankrun) {
  "use strict";

  const { h, say } = bankrun;

  /// The same scales for the same charts of all runs.
  function shared(runs) {
    const drawn = runs.filter((run) => run.timeline && run.timeline.t.length > 0);
    const end = Math.max(0.001, ...drawn.map((run) => run.timeline.t[run.timeline.t.length - 1]));
    const peaks = {};
    const reaches = new Map();
    for (const run of drawn) {
      for (const [name, value] of Object.entries(bankrun.traffic.peaks(run))) peaks[name] = Math.max(peaks[name] || 0, value);
      for (const [account, [low, high]] of bankrun.drift.reaches(run)) {
        const known = reaches.get(account) || [low, high];
        reaches.set(account, [Math.min(known[0], low), Math.max(known[1], high)]);
      }
    }
    return { x: [0, end], peaks, reaches };
  }

  function title(runs) {
    const header = runs.map((run) => run.header || (run.summary || {}).header).find((one) => one);
    return header ? header.scenario : "Starting";
  }

  /// `runs`: those of the group, in their order, on every `draw`.
  function make(id) {
    const heading = h("h2", { id: `group-${id}`, tabindex: "-1" });
    const columns = h("div", { class: "columns" });
    const comparison = bankrun.compare.make();
    const element = h("section", { class: "group", "data-group": id, "aria-labelledby": `group-${id}` }, heading, comparison.element, columns);
    const made = new Map();
    return {
      id,
      element,
      draw: (runs) => {
        say(heading, title(runs));
        columns.dataset.count = String(runs.length);
        comparison.draw(runs);
        const scales = shared(runs);
        for (const run of runs) {
          if (!made.has(run.id)) {
            const column = bankrun.run.make(run);
            made.set(run.id, column);
            columns.append(column.element);
          }
          made.get(run.id).draw(run, scales);
        }
      },
      destroy: () => {
        made.forEach((column) => column.destroy());
        element.remove();
      },
    };
  }

  /// The runs of each group, in their order.
  function sorted(runs) {
    const groups = new Map();
    for (const run of [...runs].sort((a, b) => a.id - b.id)) {
      if (!groups.has(run.group)) groups.set(run.group, []);
      groups.get(run.group).push(run);
    }
    return groups;
  }

  bankrun.group = { make, sorted, title };
})(window.bankrun);
