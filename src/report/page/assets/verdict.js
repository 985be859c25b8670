// The verdict in words, as the terminal gives it.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { listed, plain, seconds } = bankrun.format;

  const WORDS = { pass: "PASS", fail: "FAIL", inconclusive: "INCONCLUSIVE" };
  const MARKS = { pass: "✓", fail: "✗", inconclusive: "?", error: "!", skipped: "»" };
  const SEVERITIES = [["fail", "wrong"], ["inconclusive", "unknown"], ["warning", "warning"], ["note", "note"]];

  /// Findings shown of one kind; the rest is counted.
  const SHOWN = 5;

  function money(summary) {
    const { missing, surplus, verdict } = summary;
    const judged = verdict.accounts.filter((row) => row.conclusion);
    const pass = judged.filter((row) => row.conclusion === "pass").length;
    const fail = judged.filter((row) => row.conclusion === "fail").length;
    const off = bankrun.accounts.rows({ summary }).filter((row) => row.off).length;
    if (missing > 0 && surplus > 0) return `${plain(missing)} of acknowledged money is gone, and elsewhere ${plain(surplus)} too much`;
    if (missing > 0) return `${plain(missing)} of acknowledged money is gone`;
    if (surplus > 0) return `${plain(surplus)} more is there than was ever acknowledged`;
    if (judged.length === 0) return "no balance was judged";
    if (pass === judged.length) return `${listed(pass, "balance")} as expected`;
    if (fail === 0) return `${pass} of ${judged.length} balances are certain`;
    if (off === 0) return "the balances add up, the answers on the way do not";
    return `${off} of ${judged.length} balances are not as stated`;
  }

  function sentence(summary) {
    const { verdict } = summary;
    const parts = [];
    const met = summary.thresholds.filter((threshold) => threshold.ok).length;
    if (summary.thresholds.length > 0) parts.push(`${met} of ${listed(summary.thresholds.length, "threshold")} met`);
    for (const code of ["check", "invariant"]) {
      const failed = verdict.findings.filter((finding) => finding.code === code && finding.severity === "fail").length;
      if (failed > 0) parts.push(`${listed(failed, code)} failed`);
    }
    parts.push(money(summary));
    if (verdict.overlap.overlapping > 0) {
      parts.push(`${verdict.overlap.overlapping} of ${listed(verdict.overlap.updates, "update")} overlapped on their account`);
    }
    parts.push(seconds(summary.elapsed_s));
    return parts.join("; ");
  }

  /// How far the claim goes.
  function scope(verdict) {
    const order = {
      "holds holds": "one order explains every answer and respects the clock",
      "holds unknown": "one order explains every answer; whether one respects the clock is unknown",
      "holds refuted": "an order explains every answer, but none that respects the clock",
    }[`${verdict.serializable} ${verdict.linearizable}`] || {
      refuted: "no order explains every answer",
      unknown: "whether an order explains every answer is unknown",
    }[verdict.serializable];
    const { power } = verdict;
    if (!power || !(power.replays > 0)) return order;
    return `${order}; a naive server would have been caught ${((power.caught / power.replays) * 100).toFixed(1)}% of the time`;
  }

  /// The state of a run, or what came out: `pass`, `fail`, `error`, ...
  function outcome(run) {
    if (!run.summary) return run.state;
    if (run.summary.error !== undefined) return "error";
    if (run.summary.skipped !== undefined) return "skipped";
    return run.summary.verdict.conclusion;
  }

  function word(run) {
    const found = outcome(run);
    return WORDS[found] || { error: "COULD NOT RUN", skipped: "SKIPPED" }[found] || found;
  }

  function pill(run) {
    const found = outcome(run);
    return h("span", { class: "pill", "data-outcome": found }, MARKS[found] ? h("span", { "aria-hidden": "true" }, MARKS[found], " ") : null, word(run));
  }

  function labelled(kind, label, text) {
    return h("li", { "data-severity": kind }, h("strong", null, label), " ", text);
  }

  function findings(verdict) {
    return SEVERITIES.flatMap(([severity, label]) => {
      const all = verdict.findings.filter((finding) => finding.severity === severity);
      const items = all.slice(0, SHOWN).map((finding) => labelled(severity, label, finding.message));
      if (all.length > SHOWN) items.push(labelled(severity, "", `and ${all.length - SHOWN} more like these`));
      return items;
    });
  }

  function again(command) {
    const code = h("code", null, command);
    const said = h("span", { role: "status" });
    const button = h("button", { type: "button", class: "quiet", on: { click: () => copy(command, code, said) } }, "Copy");
    return h("p", { class: "again" }, h("span", { class: "label" }, "again"), code, button, said);
  }

  async function copy(text, code, said) {
    try {
      await navigator.clipboard.writeText(text);
      bankrun.say(said, "copied");
    } catch (refused) {
      // From a file, or without permission: selected, one key is left to press.
      window.getSelection().selectAllChildren(code);
      bankrun.say(said, document.execCommand("copy") ? "copied" : "selected");
    }
  }

  function judged(summary) {
    const { verdict } = summary;
    const extra = [];
    if (summary.interrupted) extra.push(labelled("warning", "interrupted", "the run was stopped early; judged by what was acknowledged until then"));
    if (summary.aborted) extra.push(labelled("warning", "aborted", typeof summary.aborted === "string" ? summary.aborted : JSON.stringify(summary.aborted)));
    return [
      h("p", { class: "sentence" }, sentence(summary)),
      h("ul", { class: "findings" }, extra, findings(verdict)),
      h("p", { class: "note" }, `scope: ${scope(verdict)}`),
    ];
  }

  /// The banner: the word, the sentence, the findings, the command.
  function make() {
    const element = h("section", { class: "verdict", hidden: true, "aria-label": "Verdict" });
    let shown = null;
    return {
      element,
      draw: (run) => {
        if (shown === run.summary) return;
        shown = run.summary;
        element.hidden = !run.summary;
        if (!run.summary) return;
        const found = outcome(run);
        element.dataset.verdict = found;
        const told = found === "error" || found === "skipped"
          ? [h("p", { class: "sentence" }, run.summary.error || run.summary.skipped)]
          : judged(run.summary);
        const header = run.summary.header || run.header;
        refill(element,
          h("p", { class: "word" }, h("span", { class: "mark", "aria-hidden": "true" }, MARKS[found]), word(run)),
          told,
          header && header.again ? again(header.again) : null);
      },
    };
  }

  bankrun.verdict = { make, outcome, word, pill, sentence };
})(window.bankrun);
