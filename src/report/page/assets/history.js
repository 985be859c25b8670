// The groups of runs so far, the latest first.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;

  /// `choose(group)` is called when a person wants another.
  function make(place, choose) {
    let last = "";
    return {
      draw: (groups, shown) => {
        const list = [...groups].reverse();
        const text = JSON.stringify(list.map(([id, runs]) => [id, id === shown, runs.map((run) => [run.label, bankrun.verdict.outcome(run), bankrun.group.title([run])])]));
        if (text === last) return;
        last = text;
        const focused = place.contains(document.activeElement) ? document.activeElement.dataset.choose : null;
        refill(place, list.map(([id, runs]) => h("li", null,
          h("button", { type: "button", "data-choose": id, "aria-current": id === shown ? "true" : null, on: { click: () => choose(id) } },
            h("span", { class: "name" }, `${id}. ${bankrun.group.title(runs)}`),
            h("span", { class: "outcomes" }, runs.map((run) => h("span", null, run.label, " ", bankrun.verdict.pill(run))))))));
        const again = focused && place.querySelector(`[data-choose="${focused}"]`);
        if (again) again.focus();
      },
    };
  }

  bankrun.history = { make };
})(window.bankrun);
