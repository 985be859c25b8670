// The verdict in words, as the terminal gives it.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;

  const NO_VERDICT = { error: "COULD NOT RUN", skipped: "SKIPPED" };
  const MARKS = { pass: "✓", fail: "✗", inconclusive: "?", error: "!", skipped: "»" };
  const SEVERITIES = [["fail", "wrong"], ["inconclusive", "unknown"], ["warning", "warning"], ["note", "note"]];

  /// Findings shown of one kind; the rest is counted.
  const SHOWN = 5;

  /// The state of a run, or what came out: `pass`, `fail`, `error`, ...
  function outcome(run) {
    if (!run.summary) return run.state;
    if (run.summary.error !== undefined) return "error";
    if (run.summary.skipped !== undefined) return "skipped";
    return run.summary.verdict.conclusion;
  }

  function word(run) {
    const found = outcome(run);
    const said = run.summary && run.summary.said;
    return said ? said.conclusion : NO_VERDICT[found] || found;
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
      const more = all.length - items.length + ((verdict.more_findings || {})[severity] || 0);
      if (more > 0) items.push(labelled(severity, "", `and ${more} more like these`));
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
      h("p", { class: "sentence" }, summary.said.sentence),
      h("ul", { class: "findings" }, extra, findings(verdict)),
      h("p", { class: "note" }, `scope: ${summary.said.scope}`),
      limits(verdict.detection),
    ];
  }

  /// The smallest gaps between read and write that would have been caught.
  function limits(detection) {
    if (!detection) return null;
    const gap = (limit) => limit === null ? "none" : limit === 0 ? "of any length" : `${limit} ms or more`;
    const { p50, p95, p99 } = detection.gap_ms;
    return h("dl", { class: "note limits" },
      [["50%", p50], ["95%", p95], ["99%", p99]].flatMap(([share, limit]) =>
        [h("dt", null, `gap caught with ${share}`), h("dd", null, gap(limit))]));
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

  bankrun.verdict = { make, outcome, word, pill };
})(window.bankrun);
