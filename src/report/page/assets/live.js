// The live page: takes the server's events, and draws at most four times a
// second, and only while somebody can look.
(function (bankrun) {
  "use strict";

  const by = (id) => document.getElementById(id);

  /// Milliseconds between two drawings.
  const PACE = 250;

  const runs = new Map();
  let shown = null;
  let following = true;
  let view = null;
  let past = null;
  let drawn = 0;
  let due = false;
  let known = false;

  function connection(state, words) {
    by("connection").dataset.state = state;
    bankrun.say(by("connection-words"), words);
    by("lost").hidden = state !== "lost";
  }

  function plan() {
    if (due || document.hidden) return;
    due = true;
    const wait = Math.max(0, PACE - (performance.now() - drawn));
    window.setTimeout(() => window.requestAnimationFrame(draw), wait);
  }

  function draw() {
    due = false;
    drawn = performance.now();
    if (document.hidden) return;
    const groups = bankrun.group.sorted(runs.values());
    const latest = [...groups.keys()].pop();
    if (following || !groups.has(shown)) shown = latest === undefined ? null : latest;
    by("welcome").hidden = shown !== null;
    by("history-panel").hidden = groups.size < 2;
    past.draw(groups, shown);
    if (view && view.id !== shown) {
      view.destroy();
      view = null;
    }
    if (shown === null) return;
    if (!view) {
      view = bankrun.group.make(shown);
      by("runs").append(view.element);
    }
    view.draw(groups.get(shown));
    const outcomes = groups.get(shown).map((run) => `${run.label} ${bankrun.verdict.word(run)}`);
    document.title = `${outcomes.join(", ")} - bankrun`;
  }

  /// Brings a group in front; the latest is followed until another is chosen.
  function show(group) {
    const latest = Math.max(group, ...[...runs.values()].map((run) => run.group));
    shown = group;
    following = group === latest;
    plan();
    if (window.matchMedia("(max-width: 900px)").matches) by("runs").scrollIntoView();
  }

  function tell(run, before) {
    const outcome = bankrun.verdict.outcome(run);
    if (before && bankrun.verdict.outcome(before) === outcome) return;
    const words = run.state === "done" ? `${run.label}: ${bankrun.verdict.word(run)}` : `${run.label}: ${run.state}`;
    bankrun.announce(words);
  }

  function take(run) {
    if (!runs.has(run.id) && ![...runs.values()].some((other) => other.group === run.group)) following = true;
    tell(run, runs.get(run.id));
    runs.set(run.id, run);
  }

  /// Another process answers now: it knows another token, and counts runs anew.
  async function same() {
    const page = await (await fetch("/")).text();
    if (!page.includes(`content="${bankrun.api.token()}"`)) window.location.reload();
  }

  const handlers = {
    state: (state) => {
      if (known) same().catch(() => {});
      known = true;
      connection("live", "connected");
      bankrun.say(by("version"), state.version);
      bankrun.start.fill(state);
      runs.clear();
      for (const run of state.runs) runs.set(run.id, run);
    },
    run: take,
    points: (message) => {
      const run = runs.get(message.id);
      if (!run || !bankrun.columns.apply(run, message)) return;
      run.now = message.now;
      run.log = message.log || run.log;
    },
    busy: (busy) => bankrun.start.busy(busy),
  };

  /// The program has ended, and said so: what it told last is all there is.
  function farewell(source) {
    source.close();
    connection("over", "ended");
    bankrun.start.over();
  }

  function connect() {
    const source = new EventSource("/api/events");
    for (const [name, action] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        action(JSON.parse(event.data));
        plan();
      });
    }
    source.addEventListener("bye", () => farewell(source));
    source.addEventListener("error", () => {
      connection("lost", "server gone");
      // The browser tries again by itself, unless it was refused.
      if (source.readyState === EventSource.CLOSED) window.setTimeout(connect, 2000);
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    past = bankrun.history.make(by("history"), show);
    bankrun.start.listen();
    document.addEventListener("visibilitychange", plan);
    connect();
  });

  bankrun.live = { show };
})(window.bankrun);
