// The form that starts a run, and the buttons beside it.
(function (bankrun) {
  "use strict";

  const { h, refill, say } = bankrun;
  const by = (id) => document.getElementById(id);

  let state = null;
  let last = null;
  let told = "";

  /// Compared unless somebody chooses otherwise: one that must fail, one that must pass.
  const CHOSEN = ["naive", "robust"];

  function mode(one) {
    const id = `mode-${one.name}`;
    return h("div", { class: "choice", title: one.needs_postgres ? "needs PostgreSQL" : null },
      h("input", { type: "checkbox", name: "mode", id, value: one.name, checked: CHOSEN.includes(one.name) }),
      h("label", { for: id }, one.name, one.needs_postgres ? h("span", { "aria-hidden": "true" }, "*") : null,
        h("span", { class: "unseen" }, one.right ? " (right)" : " (wrong)", one.needs_postgres ? ", needs PostgreSQL" : "")));
  }

  function modes(all) {
    const group = (right, words) => h("div", { class: "modes", "data-right": String(right) },
      h("p", { class: "kind", "aria-hidden": "true" }, words),
      h("div", { class: "choices" }, all.filter((one) => one.right === right).map(mode)));
    const star = all.some((one) => one.needs_postgres);
    return [group(false, "✗ wrong: here to be caught"), group(true, "✓ right"), star ? h("p", { class: "note" }, "* needs PostgreSQL") : null];
  }

  function target(one, index) {
    const id = `target-${index}`;
    return h("div", { class: "choice" },
      h("input", { type: "checkbox", name: "target", id, value: one.url, checked: index === 0 }),
      h("label", { for: id }, one.name, " ", h("small", null, one.url)));
  }

  /// Fills the form from the state of the server; what a person chose stays.
  function fill(next) {
    state = next;
    by("start-panel").hidden = !state.can_start;
    document.body.classList.toggle("watching", !state.can_start);
    busy(state.busy);
    const text = JSON.stringify([state.scenarios, state.modes, state.targets, state.databases, state.folder]);
    if (!state.can_start || text === told) return;
    const first = told === "";
    told = text;
    bankrun.scenarios.fill(by("scenarios"), state);
    const ticked = new Set([...document.querySelectorAll("#modes input, #targets input")].filter((box) => box.checked).map((box) => box.value));
    refill(by("modes"), modes(state.modes));
    refill(by("targets"), state.targets.map(target));
    if (!first) document.querySelectorAll("#modes input, #targets input").forEach((box) => { box.checked = ticked.has(box.value); });
    const database = by("database").value;
    refill(by("database"), h("option", { value: "" }, "default"), state.databases.map((name) => h("option", { value: name }, name)));
    by("database").value = state.databases.includes(database) ? database : "";
    const own = state.scenarios.some((scenario) => scenario.target);
    by("against-targets").closest(".choice").hidden = state.targets.length === 0;
    by("against-scenario").closest(".choice").hidden = !own;
    by("against").hidden = state.targets.length === 0 && !own;
    if (first && state.targets.length > 0) by("against-targets").checked = true;
    against();
  }

  /// Where the runs go: a built-in bank, services, or what the scenario says.
  function where() {
    return document.querySelector('input[name="against"]:checked').value;
  }

  function against() {
    const place = where();
    by("built-in").hidden = place !== "built-in";
    by("targets").hidden = place !== "targets";
  }

  const values = (selector) => [...document.querySelectorAll(selector)].filter((box) => box.checked).map((box) => box.value);

  function whole(id) {
    const text = by(id).value.trim();
    return text === "" ? null : Number(text);
  }

  const words = (id) => by(id).value.trim() || null;

  function body() {
    const place = where();
    return {
      file: bankrun.scenarios.chosen(by("scenarios")) || null,
      modes: place === "built-in" ? values("#modes input") : [],
      targets: place === "targets" ? values("#targets input") : [],
      database: place === "built-in" ? by("database").value || null : null,
      vus: whole("vus"),
      iterations: whole("iterations"),
      duration: words("duration"),
      race_window: place === "built-in" ? words("race_window") : null,
      seed: whole("seed"),
    };
  }

  /// What can be said without asking the server.
  function lacking(wanted) {
    const place = where();
    if (place === "built-in" && wanted.modes.length === 0) return "choose at least one mode for the built-in bank";
    if (place === "targets" && wanted.targets.length === 0) return "choose at least one service";
    return null;
  }

  function fail(message) {
    const place = by("form-error");
    say(place, message || "");
    place.hidden = !message;
  }

  async function send(wanted) {
    fail(null);
    by("start").disabled = true;
    by("again").disabled = true;
    try {
      const { group } = await bankrun.api.post("/api/runs", wanted);
      last = wanted;
      // It may be over already.
      by("again").disabled = by("start").disabled;
      bankrun.live.show(group);
    } catch (error) {
      fail(error.message);
      busy(state && state.busy);
    }
  }

  async function stop() {
    fail(null);
    by("stop").disabled = true;
    try {
      await bankrun.api.post("/api/stop", {});
      bankrun.announce("Stopping the run.");
    } catch (error) {
      fail(error.message);
      busy(state && state.busy);
    }
  }

  /// One run, or one group of them, at a time.
  function busy(now) {
    if (state) state.busy = now;
    by("start").disabled = Boolean(now);
    by("stop").disabled = !now;
    by("again").disabled = Boolean(now) || !last;
    document.body.dataset.busy = String(Boolean(now));
  }

  /// Nobody is there any more to start or stop anything.
  function over() {
    for (const button of ["start", "stop", "again"]) by(button).disabled = true;
  }

  function listen() {
    by("start-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = body();
      const problem = lacking(wanted);
      if (problem) fail(problem);
      else send(wanted);
    });
    by("stop").addEventListener("click", stop);
    by("again").addEventListener("click", () => last && send(last));
    document.querySelectorAll('input[name="against"]').forEach((radio) => radio.addEventListener("change", against));
  }

  bankrun.start = { fill, busy, over, listen };
})(window.bankrun);
