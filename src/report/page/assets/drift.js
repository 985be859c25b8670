// Expected against actual balance, one small chart an account: the drift of a
// service that loses updates, as it happens.
(function (bankrun) {
  "use strict";

  const { h, say } = bankrun;
  const { count, known } = bankrun.format;

  /// The area between the two lines, in one colour where money is missing and in
  /// another where there is too much.
  function between(chart) {
    const [times, expected, actual] = chart.data;
    const points = [];
    for (let index = 0; index < times.length; index += 1) {
      const [at, want, have] = [times[index], expected[index], actual[index]];
      if (!known(want) || !known(have)) continue;
      const before = points[points.length - 1];
      if (before && (before.have - before.want) * (have - want) < 0) {
        const share = (before.have - before.want) / (before.have - before.want - (have - want));
        const crossing = before.want + (want - before.want) * share;
        points.push({ at: before.at + (at - before.at) * share, want: crossing, have: crossing });
      }
      points.push({ at, want, have });
    }
    fill(chart, points, "--red-wash", Math.min);
    fill(chart, points, "--amber-wash", Math.max);
  }

  function fill(chart, points, colour, side) {
    if (points.length < 2) return;
    const { ctx } = chart;
    const x = (point) => chart.valToPos(point.at, "x", true);
    const y = (value) => chart.valToPos(value, "y", true);
    ctx.save();
    ctx.fillStyle = bankrun.charts.colour(colour);
    ctx.beginPath();
    points.forEach((point, index) => (index === 0 ? ctx.moveTo(x(point), y(point.want)) : ctx.lineTo(x(point), y(point.want))));
    for (let index = points.length - 1; index >= 0; index -= 1) {
      const point = points[index];
      ctx.lineTo(x(point), y(side(point.want, point.have)));
    }
    ctx.closePath();
    ctx.fill();
    ctx.restore();
  }

  /// The columns of an account, from its initial balance on.
  function columns(run, account) {
    const initial = (bankrun.accounts.rows(run).find((row) => row.account === account.account) || {}).initial;
    const { t } = run.timeline;
    if (!known(initial) || t[0] <= 0) return [t, account.expected, account.actual];
    return [[0, ...t], [initial, ...account.expected], [initial, ...account.actual]];
  }

  /// Lowest and highest of each account, which the runs of a group share.
  function reaches(run) {
    const found = new Map();
    for (const account of run.timeline.accounts) {
      const [, expected, actual] = columns(run, account);
      const values = [...expected, ...actual].filter(known);
      if (values.length > 0) found.set(account.account, [Math.min(...values), Math.max(...values)]);
    }
    return found;
  }

  function padded([low, high]) {
    const room = Math.max((high - low) * 0.08, 1);
    return [low - room, high + room];
  }

  /// Not "missing": who withdrew too much lost nothing, and is below as well.
  function words(off) {
    if (!known(off)) return "";
    if (off === 0) return "✓ as expected";
    return off < 0 ? `▼ ${count(-off)} below expected` : `▲ ${count(off)} above expected`;
  }

  function card(name) {
    const badge = h("span", { class: "badge" });
    const heading = [h("span", { class: "title" }, `Account ${name}`), badge];
    const chart = bankrun.charts.make({
      kind: "drift",
      title: `Account ${name}`,
      heading,
      height: 160,
      show: count,
      before: between,
      lines: [
        { label: "expected", colour: "--ink-soft", dash: [6, 4], width: 1.5 },
        { label: "actual", colour: "--accent", width: 2.25 },
      ],
    });
    return { name, badge, chart };
  }

  function mark(place, off) {
    const state = !known(off) ? "unknown" : off === 0 ? "ok" : off < 0 ? "missing" : "surplus";
    place.badge.dataset.state = state;
    say(place.badge, words(off));
  }

  /// The small multiples of one run.
  function make() {
    const grid = h("div", { class: "multiples" });
    const note = h("p", { class: "note" });
    const element = h("section", { class: "drift-section" },
      h("h4", null, "Expected against actual balance"), grid, note);
    const cards = new Map();
    return {
      element,
      draw: (run, shared) => {
        const rows = new Map(bankrun.accounts.rows(run).map((row) => [row.account, row]));
        const wanted = run.timeline.accounts.map((account) => account.account);
        for (const [name, place] of cards) {
          if (wanted.includes(name)) continue;
          place.chart.destroy();
          place.chart.element.remove();
          cards.delete(name);
        }
        for (const account of run.timeline.accounts) {
          let place = cards.get(account.account);
          if (!place) {
            place = card(account.account);
            cards.set(account.account, place);
            grid.append(place.chart.element);
          }
          const reach = shared.reaches.get(account.account) || [0, 1];
          place.chart.draw(columns(run, account), { x: shared.x, y: padded(reach) });
          mark(place, (rows.get(account.account) || {}).off);
        }
        const total = run.now ? run.now.accounts_total : wanted.length;
        note.hidden = total <= wanted.length;
        say(note, `${wanted.length} of ${count(total)} accounts are drawn.`);
        element.hidden = wanted.length === 0;
      },
      destroy: () => cards.forEach((place) => place.chart.destroy()),
    };
  }

  bankrun.drift = { make, reaches };
})(window.bankrun);
