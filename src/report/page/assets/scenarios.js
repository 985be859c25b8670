// The list of scenario files, one of which is chosen.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, counted, seconds, known } = bankrun.format;

  function workload(one) {
    const goal = known(one.iterations) ? counted(one.iterations, "iteration") : known(one.duration_s) ? seconds(one.duration_s) : "";
    return `${one.name} (${[counted(one.vus, "VU"), goal].filter(Boolean).join(", ")})`;
  }

  function about(scenario) {
    if (scenario.error) return [h("span", { class: "error" }, scenario.error)];
    const workloads = scenario.workloads || [];
    return [
      scenario.description ? h("span", { class: "description" }, scenario.description) : null,
      h("span", { class: "workloads" }, `${counted(scenario.accounts || 0, "account")}${workloads.length > 0 ? `: ${workloads.map(workload).join(", ")}` : ""}`),
      scenario.target ? h("span", { class: "workloads" }, `target ${scenario.target}`) : null,
    ];
  }

  function entry(scenario, index, chosen) {
    const id = `scenario-${index}`;
    return h("div", { class: "scenario", "data-file": scenario.file || "" },
      h("input", {
        type: "radio", name: "file", id, value: scenario.file || "", required: true,
        checked: chosen, disabled: Boolean(scenario.error), "aria-describedby": `${id}-about`,
      }),
      h("label", { for: id }, h("span", { class: "name" }, scenario.name || scenario.file), scenario.file ? h("code", null, scenario.file) : null),
      h("p", { id: `${id}-about`, class: "about" }, about(scenario)));
  }

  /// Shown where a folder holds none.
  const SHIPPED = { file: null, name: "deterministic three-user set", description: "Comes with bankrun: 600 updates on three accounts.", workloads: [], accounts: 3, target: null, error: null };

  /// Fills the list; the chosen file stays chosen.
  function fill(place, state) {
    const scenarios = state.scenarios.length > 0 ? state.scenarios : [SHIPPED];
    const before = chosen(place);
    const valid = scenarios.filter((scenario) => !scenario.error);
    const wanted = valid.find((scenario) => (scenario.file || "") === before) ||
      valid.find((scenario) => scenario.file === "deterministic.yaml") || valid[0];
    refill(place, scenarios.map((scenario, index) => entry(scenario, index, scenario === wanted)));
    bankrun.say(document.getElementById("folder"), state.folder ? `${count(state.scenarios.length)} in ${state.folder}` : "");
  }

  function chosen(place) {
    const radio = place.querySelector("input:checked");
    return radio ? radio.value : null;
  }

  bankrun.scenarios = { fill, chosen };
})(window.bankrun);
