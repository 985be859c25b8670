// The fragment of the graph of balances that a proof is about, drawn: balances
// are nodes, operations lead from one to another. Where two leave one balance,
// one of them was overwritten.
(function (bankrun) {
  "use strict";

  const { svg } = bankrun;

  const HEIGHT = 34;
  const GAP = 34;
  const BEND = 30;
  const PAD = 14;

  /// Arrow heads need names of their own in each picture.
  let pictures = 0;

  /// Nodes by layer, and edges between them. A balance may stand in several
  /// layers: time only goes on.
  function layout(witness) {
    const { known } = bankrun.format;
    const { fork } = witness.anomaly;
    const moves = witness.operations.filter((op) => known(op.before) && known(op.after));
    if (fork) return forked(fork, witness.operations, moves, deadEnds(witness));
    const looks = witness.operations.filter((op) => !known(op.before) && known(op.after));
    return chained(moves, looks, bankrun.timeline.colliding(witness));
  }

  const deadEnds = (witness) => new Set((witness.anomaly.dead_ends || []).map((end) => end.balance));

  function graph() {
    const nodes = new Map();
    const edges = [];
    const node = (layer, balance, kind) => {
      const key = `${layer} ${balance}`;
      if (!nodes.has(key)) nodes.set(key, { key, layer, balance, kind });
      return nodes.get(key);
    };
    return { nodes, edges, node };
  }

  function forked(fork, operations, moves, dead) {
    const { nodes, edges, node } = graph();
    const here = node(1, fork.balance, "fork");
    const producers = operations.filter((op) => fork.producers.includes(op.id));
    for (const op of producers) {
      if (bankrun.format.known(op.before)) edges.push({ op, from: node(0, op.before, "plain"), to: here });
      else edges.push({ op, from: node(0, `#${op.id}`, "start"), to: here });
    }
    if (fork.initial) edges.push({ op: null, from: node(0, "start", "start"), to: here });
    for (const op of moves.filter((move) => fork.consumers.includes(move.id))) {
      edges.push({ op, red: true, from: here, to: node(2, op.after, dead.has(op.after) ? "dead" : "plain") });
    }
    return { nodes: [...nodes.values()], edges };
  }

  /// Without a fork: from each operation to those that went on from its balance;
  /// and who saw which.
  function chained(moves, looks, red) {
    const { nodes, edges, node } = graph();
    const left = new Set(moves);
    const follow = (op, from) => {
      left.delete(op);
      const to = node(from.layer + 1, op.after, "plain");
      edges.push({ op, red: red.has(op.id), from, to });
      for (const next of moves) if (left.has(next) && next.before === op.after) follow(next, to);
    };
    const first = moves.filter((op) => !moves.some((other) => other !== op && other.after === op.before));
    for (const op of [...first, ...moves]) if (left.has(op)) follow(op, node(0, op.before, "plain"));
    for (const op of looks) {
      const there = [...nodes.values()].find((other) => other.balance === op.after);
      const seen = there || node(0, op.after, "dead");
      seen.seen = [...(seen.seen || []), `#${op.id}`];
    }
    return { nodes: [...nodes.values()], edges };
  }

  const alike = (edges, line) => edges.filter((other) => other.from === line.from && other.to === line.to);

  /// Gives each node its place, and says how tall the picture is.
  function place(nodes, edges, width) {
    const layers = Math.max(...nodes.map((node) => node.layer)) + 1;
    const tall = Math.max(...Array.from({ length: layers }, (_, layer) => nodes.filter((node) => node.layer === layer).length));
    const parallel = Math.max(...edges.map((line) => alike(edges, line).length));
    const height = Math.max(tall * (HEIGHT + GAP) + 12, parallel * BEND + 40);
    const size = Math.min(96, Math.max(52, width * 0.16));
    for (const node of nodes) {
      const peers = nodes.filter((other) => other.layer === node.layer);
      node.width = Math.max(size, 8.5 * String(node.balance).length + 14);
      const room = width - 2 * PAD - node.width;
      node.x = PAD + (layers === 1 ? 0 : (node.layer / (layers - 1)) * room);
      node.y = ((peers.indexOf(node) + 0.5) / peers.length) * height - HEIGHT / 2;
    }
    return height;
  }

  /// Where the label does not cross the line: on its outer side, at the end that
  /// is not shared with others.
  function label(line, edges, ends, words) {
    const [x1, y1, x2, y2] = ends;
    const same = alike(edges, line);
    const kind = line.red ? "collided" : "other";
    const text = (x, y, anchor) => svg("text", { x, y, class: `label ${kind}`, "text-anchor": anchor },
      svg("tspan", { class: "id" }, words[0]), words[1] ? ` ${words[1]}` : null);
    const bend = bent(line, same);
    if (same.length > 1) return text((x1 + x2) / 2, (y1 + y2) / 2 + bend * 0.75 + (bend > 0 ? 16 : -6), "middle");
    if (Math.abs(y2 - y1) < 4) return text((x1 + x2) / 2, y1 - 7, "middle");
    if (edges.filter((other) => other.to === line.to).length > 1) return text(x1 + 4, y1 < y2 ? y1 - 7 : y1 + 16, "start");
    return text(x2 - 2, y2 < y1 ? y2 - 7 : y2 + 16, "end");
  }

  const bent = (line, same) => (same.length > 1 ? (same.indexOf(line) - (same.length - 1) / 2) * BEND * 1.3 : 0);

  function edge(line, edges, narrow, picture) {
    const { from, to } = line;
    const bend = bent(line, alike(edges, line));
    const ends = [from.x + from.width, from.y + HEIGHT / 2, to.x - 10, to.y + HEIGHT / 2];
    const [x1, y1, x2, y2] = ends;
    const middle = (x1 + x2) / 2;
    const path = `M${x1} ${y1} C${middle} ${y1 + bend} ${middle} ${y2 + bend} ${x2} ${y2}`;
    const kind = line.red ? "collided" : "other";
    return {
      path: svg("path", { d: path, class: `edge ${kind}`, "marker-end": `url(#arrow-${kind}-${picture})` }),
      label: line.op ? label(line, edges, ends, [`#${line.op.id}`, narrow ? "" : line.op.what]) : null,
    };
  }

  function note(node, narrow) {
    if (node.seen) return `seen by ${node.seen.join(", ")}`;
    if (node.kind === "dead") return "dead end";
    return node.kind === "fork" && !narrow ? "left more often than reached" : null;
  }

  function box(node, narrow) {
    const middle = node.x + node.width / 2;
    const words = note(node, narrow);
    return svg("g", { class: `node ${node.kind}` },
      svg("rect", { x: node.x, y: node.y, width: node.width, height: HEIGHT, rx: node.kind === "start" ? HEIGHT / 2 : 6 }),
      svg("text", { x: middle, y: node.y + HEIGHT / 2 + 5, "text-anchor": "middle", class: "balance" }, String(node.balance)),
      words ? svg("text", { x: middle, y: node.y + HEIGHT + 14, "text-anchor": "middle", class: "tick" }, words) : null);
  }

  function arrow(kind, picture) {
    return svg("marker", { id: `arrow-${kind}-${picture}`, viewBox: "0 0 8 8", refX: 1, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", class: `arrow ${kind}` },
      svg("path", { d: "M0 0 L8 4 L0 8 z" }));
  }

  function told(nodes, edges) {
    const ways = edges.map((line) => (line.op
      ? `#${line.op.id} ${line.op.what} leads from ${line.from.balance} to ${line.to.balance}`
      : `the account began with ${line.to.balance}`));
    const looks = nodes.filter((node) => node.seen).map((node) => `${node.balance} was seen by ${node.seen.join(", ")}`);
    return [...ways, ...looks].join("; ");
  }

  /// The picture; `null` where the answers tell no balances.
  function draw(witness, width) {
    const { nodes, edges } = layout(witness);
    if (edges.length === 0 || nodes.length < 3) return null;
    const height = place(nodes, edges, width);
    pictures += 1;
    const picture = pictures;
    const narrow = width < 460;
    const lines = edges.map((line) => edge(line, edges, narrow, picture));
    return svg("svg", { class: "graph", role: "img", viewBox: `0 0 ${width} ${height}`, width, height },
      svg("title", null, `${heading(witness)}, account ${witness.account}`),
      svg("desc", null, told(nodes, edges)),
      svg("defs", null, arrow("collided", picture), arrow("other", picture)),
      lines.map((line) => line.path),
      nodes.map((node) => box(node, narrow)),
      lines.map((line) => line.label));
  }

  const heading = (witness) => (witness.anomaly.fork ? "Where the balances part" : "From balance to balance");

  bankrun.graph = { draw, heading };
})(window.bankrun);
