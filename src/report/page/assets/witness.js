// A proof: let, then, however; its operations in time; where the balances part.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { known, counted } = bankrun.format;

  function proof(witness) {
    const lines = [["let", witness.given], ["then", witness.then], ["however", witness.however]];
    if (witness.money) lines.push(["money", witness.money]);
    lines.push(["not", witness.ruled_out], ["use", witness.prevention]);
    return h("dl", { class: "proof" }, lines.map(([word, text]) =>
      h("div", { "data-word": word }, h("dt", null, word), h("dd", null, text))));
  }

  function table(witness) {
    const from = Math.min(...witness.operations.map((op) => op.invoked));
    const red = bankrun.timeline.colliding(witness);
    const when = (time) => (known(time) ? bankrun.timeline.tell(time - from) : "never");
    const rows = witness.operations.map((op) => ({
      attributes: { "data-operation": op.id },
      cells: [`#${op.id}`, op.what, known(op.before) ? op.before : "", known(op.after) ? op.after : "", when(op.invoked), when(op.completed), red.has(op.id) ? "yes" : ""],
    }));
    const columns = [{ head: "operation" }, { head: "what" }, { head: "before", number: true }, { head: "after", number: true },
      { head: "begun", number: true }, { head: "answered", number: true }, { head: "collided" }];
    const start = `Counted from ${(from / 1e6).toFixed(1)} ms after the start of the run.`;
    return h("details", null, h("summary", null, "The same as a table"),
      bankrun.table("Operations of the proof", columns, rows), h("p", { class: "note" }, start));
  }

  function caption(title, text) {
    return h("figcaption", null, h("span", { class: "title" }, title), text ? h("span", { class: "note" }, text) : null);
  }

  /// Pictures are made for the width there is, and again when it changes.
  function pictures(witness) {
    const place = h("div", { class: "pictures" });
    let width = 0;
    const draw = () => {
      const now = Math.floor(place.getBoundingClientRect().width);
      if (now < 60 || now === width) return;
      width = now;
      const time = bankrun.timeline.draw(witness, width);
      const graph = bankrun.graph.draw(witness, width);
      refill(place,
        time ? h("figure", null, caption("When they were under way"), time) : null,
        graph ? h("figure", null, caption(bankrun.graph.heading(witness)), graph) : null);
    };
    const observer = new ResizeObserver(draw);
    observer.observe(place);
    return { place, draw, stop: () => observer.disconnect() };
  }

  function one(witness, stops) {
    const { kind } = witness.anomaly;
    const where = kind === "total_not_conserved" ? "" : ` on account ${witness.account}`;
    const likely = witness.certain ? "" : " (most likely these)";
    const drawn = pictures(witness);
    stops.push(drawn.stop);
    return h("article", { class: "witness", "data-kind": kind },
      h("h5", null, h("span", { class: "name" }, witness.name), `${where}${likely}`),
      proof(witness), drawn.place, witness.operations.length > 0 ? table(witness) : null);
  }

  /// The clearest of each kind first; the others of a kind are folded away.
  function sorted(witnesses) {
    const kinds = new Set();
    const [first, others] = [[], []];
    for (const witness of witnesses) {
      (kinds.has(witness.anomaly.kind) ? others : first).push(witness);
      kinds.add(witness.anomaly.kind);
    }
    return [first, others];
  }

  function make() {
    const element = h("section", { class: "witnesses", hidden: true });
    let stops = [];
    let shown = null;
    const destroy = () => {
      stops.forEach((stop) => stop());
      stops = [];
    };
    return {
      element,
      draw: (run) => {
        if (shown === run.summary) return;
        shown = run.summary;
        destroy();
        const verdict = run.summary && run.summary.verdict;
        element.hidden = !verdict || verdict.witnesses.length === 0;
        if (element.hidden) return;
        const [first, others] = sorted(verdict.witnesses);
        const more = verdict.more_witnesses;
        refill(element,
          h("h4", null, first.length === 1 ? "The proof" : "The proofs"),
          first.map((witness) => one(witness, stops)),
          others.length === 0 ? null : h("details", { class: "others" },
            h("summary", null, `${counted(others.length, "more proof")} of the same kind`),
            others.map((witness) => one(witness, stops))),
          more > 0 ? h("p", { class: "note" }, `and ${more === 1 ? "1 more anomaly" : `${more} more anomalies`}`) : null);
      },
      destroy,
    };
  }

  bankrun.witness = { make };
})(window.bankrun);
