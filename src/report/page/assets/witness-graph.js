// The fragment of the graph of balances that a proof is about, drawn: balances
// are nodes, operations lead from one to another. Where two leave one balance,
// one of them was overwritten.
(function (bankrun) {
  "use strict";

  const { svg } = bankrun;

  const HEIGHT = 34;
  const GAP = 30;
  const PAD = 14;

  /// Arrow heads need names of their own in each picture.
  let pictures = 0;

  /// Nodes by layer, and edges between them. A balance may stand in several
  /// layers: time only goes on.
  function layout(witness) {
    const { fork } = witness.anomaly;
    const moves = witness.operations.filter((op) =>
      bankrun.format.known(op.before) && bankrun.format.known(op.after));
    return fork ? forked(fork, witness.operations, moves, deadEnds(witness)) : chained(moves);
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
    if (fork.initial) edges.push({ op: null, label: "the start", from: node(0, "start", "start"), to: here });
    for (const op of moves.filter((move) => fork.consumers.includes(move.id))) {
      edges.push({ op, red: true, from: here, to: node(2, op.after, dead.has(op.after) ? "dead" : "plain") });
    }
    return { nodes: [...nodes.values()], edges };
  }

  /// Without a fork: from each operation to the one that went on from its balance.
  function chained(moves) {
    const { nodes, edges, node } = graph();
    for (const op of moves) {
      const before = edges.filter((edge) => edge.to.balance === op.before).pop();
      const from = before ? before.to : node(0, op.before, "plain");
      edges.push({ op, red: true, from, to: node(from.layer + 1, op.after, "plain") });
    }
    return { nodes: [...nodes.values()], edges };
  }

  function place(nodes, edges, width) {
    const layers = Math.max(...nodes.map((node) => node.layer)) + 1;
    const tall = Math.max(...Array.from({ length: layers }, (_, layer) => nodes.filter((node) => node.layer === layer).length));
    // Each edge has a label and needs room, also where several lead to one node.
    const slots = Math.max(tall, ...nodes.map((node) => Math.max(
      edges.filter((edge) => edge.to === node).length, edges.filter((edge) => edge.from === node).length)));
    const height = 2 * PAD + slots * HEIGHT + (slots - 1) * GAP + 16;
    const size = Math.min(96, Math.max(62, width * 0.17));
    for (const node of nodes) {
      const peers = nodes.filter((other) => other.layer === node.layer);
      const index = peers.indexOf(node);
      node.width = Math.max(size, 9 * String(node.balance).length + 20);
      node.x = layers === 1 ? PAD : PAD + (node.layer / (layers - 1)) * (width - 2 * PAD - size);
      node.x = Math.min(node.x, width - PAD - node.width);
      node.y = ((index + 0.5) / peers.length) * height - HEIGHT / 2;
    }
    return height;
  }

  function edge(line, edges, narrow, picture) {
    const { from, to } = line;
    const same = edges.filter((other) => other.from === from && other.to === to);
    const bend = (same.indexOf(line) - (same.length - 1) / 2) * (same.length > 1 ? 46 : 0);
    const [x1, y1] = [from.x + from.width, from.y + HEIGHT / 2];
    const [x2, y2] = [to.x - 7, to.y + HEIGHT / 2];
    const middle = (x1 + x2) / 2;
    const path = `M${x1} ${y1} C${middle} ${y1 + bend} ${middle} ${y2 + bend} ${x2} ${y2}`;
    const [mx, my] = [middle, (y1 + y2) / 2 + bend * 0.75];
    const kind = line.red ? "collided" : "other";
    const label = line.op ? [`#${line.op.id}`, narrow ? "" : line.op.what] : [line.label, ""];
    return {
      path: svg("path", { d: path, class: `edge ${kind}`, "marker-end": `url(#arrow-${kind}-${picture})` }),
      label: svg("text", { x: mx, y: my - 5, class: `label ${kind}`, "text-anchor": "middle" },
        svg("tspan", { class: "id" }, label[0]),
        label[1] ? svg("tspan", { x: mx, dy: 17 }, label[1]) : null),
    };
  }

  function box(node) {
    const text = svg("text", { x: node.x + node.width / 2, y: node.y + HEIGHT / 2 + 5, "text-anchor": "middle", class: "balance" }, String(node.balance));
    const notes = { dead: "nobody went on", fork: "left more often than reached" };
    return svg("g", { class: `node ${node.kind}` },
      svg("rect", { x: node.x, y: node.y, width: node.width, height: HEIGHT, rx: node.kind === "start" ? HEIGHT / 2 : 6 }),
      text,
      notes[node.kind] ? svg("text", { x: node.x + node.width / 2, y: node.y + HEIGHT + 14, "text-anchor": "middle", class: "tick" }, notes[node.kind]) : null);
  }

  function arrow(kind, picture) {
    return svg("marker", { id: `arrow-${kind}-${picture}`, viewBox: "0 0 8 8", refX: 2, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto", class: `arrow ${kind}` },
      svg("path", { d: "M0 0 L8 4 L0 8 z" }));
  }

  function told(edges) {
    return edges.map((line) => (line.op ? `#${line.op.id} ${line.op.what} leads from ${line.from.balance} to ${line.to.balance}` : `the account began with ${line.to.balance}`)).join("; ");
  }

  /// The picture; `null` where the answers tell no balances.
  function draw(witness, width) {
    const { nodes, edges } = layout(witness);
    if (edges.length < 2) return null;
    const height = place(nodes, edges, width);
    pictures += 1;
    const picture = pictures;
    const lines = edges.map((line) => edge(line, edges, width < 460, picture));
    return svg("svg", { class: "graph", role: "img", viewBox: `0 0 ${width} ${height}`, width, height },
      svg("title", null, `Where the balances part, account ${witness.account}`),
      svg("desc", null, told(edges)),
      svg("defs", null, arrow("collided", picture), arrow("other", picture)),
      lines.map((line) => line.path),
      nodes.map(box),
      lines.map((line) => line.label));
  }

  bankrun.graph = { draw };
})(window.bankrun);
