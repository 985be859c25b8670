// The operations of a proof on a line of time, drawn.
(function (bankrun) {
  "use strict";

  const { svg } = bankrun;

  const ROW = 44;
  const TOP = 24;
  const FOOT = 30;
  const SIDE = 10;

  /// `#17 deposit 10  1040 > 1050`
  function balances(op) {
    if (bankrun.format.known(op.before) && bankrun.format.known(op.after)) return `${op.before} > ${op.after}`;
    return bankrun.format.known(op.after) ? `saw ${op.after}` : "";
  }

  /// Those that collided: the ways that leave one balance, or the pair.
  function colliding(witness) {
    const { fork, pair, operations } = witness.anomaly;
    const shown = new Set(witness.operations.map((op) => op.id));
    const of = (ids) => (ids || []).filter((id) => shown.has(id));
    if (fork && of(fork.consumers).length >= 2) return new Set(of(fork.consumers));
    return new Set(of(pair).length > 0 ? of(pair) : of(operations));
  }

  const end = (op, to) => (op.completed === null || op.completed === undefined ? to : op.completed);

  /// When all of those that collided were under way, if there was such a time.
  function together(ops, red, to) {
    const those = ops.filter((op) => red.has(op.id));
    if (those.length < 2) return null;
    const from = Math.max(...those.map((op) => op.invoked));
    const until = Math.min(...those.map((op) => end(op, to)));
    return until > from ? [from, until] : null;
  }

  /// Round steps for about so many ticks.
  function step(span, wanted) {
    const raw = span / wanted;
    const power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw);
  }

  function ticks(span, wanted) {
    const size = step(span, wanted);
    const found = [];
    for (let at = 0; at <= span * 1.0001; at += size) found.push(at);
    return found;
  }

  const tell = (nanoseconds) => `${Number((nanoseconds / 1e6).toPrecision(3))} ms`;

  /// About as wide as a letter is.
  const LETTER = 7.4;

  const words = (op) => `#${op.id} ${op.what}`;

  /// Whether the balances need a line of their own.
  const folded = (op, width) => LETTER * (words(op).length + 2 + balances(op).length) > width - 2 * SIDE;

  function shortened(text, width) {
    const most = Math.max(8, Math.floor((width - 2 * SIDE) / LETTER));
    return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
  }

  function label(op, y, from, width, kind) {
    const fold = folded(op, width);
    const what = shortened(words(op), width).slice(`#${op.id}`.length);
    const room = LETTER * (words(op).length + (fold ? 0 : 2 + balances(op).length));
    // It begins with its bar, unless it would run out of the picture.
    const x = Math.max(SIDE, Math.min(from, width - SIDE - room));
    const told = svg("tspan", fold ? { class: "balances", x, dy: 16 } : { class: "balances", dx: 10 }, balances(op));
    return svg("text", { x, y: fold ? y - 16 : y, class: `label ${kind}` }, svg("tspan", { class: "id" }, `#${op.id}`), what, told);
  }

  function bar(op, bottom, x, to, width, red) {
    const y = bottom - 24;
    const from = x(op.invoked);
    const length = Math.max(3, x(end(op, to)) - from);
    const open = op.completed === null || op.completed === undefined;
    const kind = red.has(op.id) ? "collided" : "other";
    return svg("g", { class: `op ${kind}` },
      label(op, y - 6, from, width, kind),
      svg("rect", { x: from, y, width: length, height: 12, rx: 3, class: open ? "bar open" : "bar" }),
      open ? svg("text", { x: width - SIDE, y: y + 24, class: "tick", "text-anchor": "end" }, "never answered") : null);
  }

  const anchor = (at, width) => (at < SIDE + 20 ? "start" : at > width - SIDE - 20 ? "end" : "middle");

  function axis(from, to, x, bottom, width) {
    return svg("g", { class: "axis" },
      svg("line", { x1: SIDE, x2: width - SIDE, y1: bottom, y2: bottom }),
      ticks(to - from, Math.max(2, Math.floor(width / 90))).map((at) => [
        svg("line", { x1: x(from + at), x2: x(from + at), y1: TOP - 6, y2: bottom + 4, class: "grid" }),
        svg("text", { x: x(from + at), y: bottom + 18, class: "tick", "text-anchor": anchor(x(from + at), width) }, tell(at)),
      ]));
  }

  /// The picture, so many pixels wide; `null` where there is nothing to compare.
  function draw(witness, width) {
    const ops = witness.operations;
    if (ops.length < 2) return null;
    const red = colliding(witness);
    const from = Math.min(...ops.map((op) => op.invoked));
    const last = Math.max(...ops.map((op) => end(op, op.invoked)));
    const open = ops.some((op) => end(op, null) === null);
    const to = Math.max(from + 1, open ? last + (last - from) * 0.12 : last);
    const x = (time) => SIDE + ((time - from) / (to - from)) * (width - 2 * SIDE);
    const row = ROW + (ops.some((op) => folded(op, width)) ? 16 : 0);
    const bottom = TOP + ops.length * row;
    const both = together(ops, red, to);
    const title = `Timeline of ${ops.length} operations on a common axis of time`;
    const told = ops.map((op) => `#${op.id} ${op.what} ${balances(op)}: from ${tell(op.invoked - from)} ` +
      (end(op, null) === null ? "and never answered" : `to ${tell(op.completed - from)}`)).join("; ");
    return svg("svg", { class: "time", role: "img", viewBox: `0 0 ${width} ${bottom + FOOT}`, width, height: bottom + FOOT },
      svg("title", null, title),
      svg("desc", null, told),
      both ? svg("rect", { x: x(both[0]), y: TOP - 16, width: x(both[1]) - x(both[0]), height: bottom - TOP + 16, class: "together" }) : null,
      both ? svg("text", { x: (x(both[0]) + x(both[1])) / 2, y: TOP - 6, class: "tick both", "text-anchor": "middle" }, overlap(witness, red, both)) : null,
      axis(from, to, x, bottom, width),
      ops.map((op, index) => bar(op, TOP + (index + 1) * row, x, to, width, red)));
  }

  function overlap(witness, red, both) {
    const many = witness.operations.filter((op) => red.has(op.id)).length;
    return `${many === 2 ? "both" : `all ${many}`} under way: ${tell(both[1] - both[0])}`;
  }

  bankrun.timeline = { draw, balances, colliding, tell };
})(window.bankrun);
