// The table of the accounts: initial, expected, actual, difference.
(function (bankrun) {
  "use strict";

  const { h, refill } = bankrun;
  const { count, signed, known, reach } = bankrun.format;

  const WORDS = { ok: "ok", wrong: "WRONG", impossible: "IMPOSSIBLE", unknown: "unknown", drifting: "drifting", unjudged: "not judged" };

  /// What was stated, unless what was acknowledged leaves room.
  function expected(row) {
    const told = row.acknowledged;
    if (told && known(row.stated) && told.low !== told.high) return told;
    if (known(row.stated)) return { low: row.stated, high: row.stated };
    return told || null;
  }

  function outside(value, low, high) {
    if (!known(value) || !known(low)) return null;
    return value < low ? value - low : value > high ? value - high : 0;
  }

  function judged(row) {
    const want = expected(row);
    const off = want ? outside(row.actual, want.low, want.high) : null;
    const word = { pass: "ok", inconclusive: "unknown", fail: off === 0 ? "impossible" : "wrong" }[row.conclusion] || "unjudged";
    return { account: row.account, initial: row.initial, low: want && want.low, high: want && want.high, actual: row.actual, off, word };
  }

  function moving(row) {
    const low = known(row.low) ? row.low : row.expected;
    const high = known(row.high) ? row.high : row.expected;
    const off = outside(row.actual, low, high);
    return { account: row.account, initial: row.initial, low, high, actual: row.actual, off, word: off === null ? "unknown" : off === 0 ? "ok" : "drifting" };
  }

  /// The accounts of a run as they are now, or as they were judged.
  function rows(run) {
    const verdict = run.summary && run.summary.verdict;
    if (verdict && verdict.accounts.length > 0) return verdict.accounts.map(judged);
    return run.now ? run.now.accounts.map(moving) : [];
  }

  /// Rows shown of a long list; those that are wrong come first.
  const SHOWN = 20;

  function shown(all) {
    if (all.length <= SHOWN) return all;
    const weight = (row) => (row.off ? 0 : row.word === "ok" ? 2 : 1);
    return [...all].sort((a, b) => weight(a) - weight(b)).slice(0, SHOWN);
  }

  function make() {
    const place = h("div");
    const element = h("section", { class: "accounts-section" }, h("h4", null, "Accounts"), place);
    let last = "";
    return {
      element,
      draw: (run) => {
        const all = rows(run);
        element.hidden = all.length === 0;
        const text = JSON.stringify(all);
        if (text === last) return;
        last = text;
        const lines = shown(all).map((row) => ({
          attributes: { "data-account": row.account, "data-word": row.word },
          cells: [
            row.account,
            count(row.initial),
            reach(row.low, row.high),
            count(row.actual),
            signed(row.off),
            h("span", { class: "word" }, WORDS[row.word]),
          ],
        }));
        const columns = [{ head: "account" }, { head: "initial", number: true }, { head: "expected", number: true },
          { head: "actual", number: true }, { head: "difference", number: true }, { head: "state" }];
        const total = Math.max(all.length, run.summary ? 0 : (run.now || {}).accounts_total || 0);
        const more = total - lines.length;
        refill(place, bankrun.table("Balances of the accounts", columns, lines, { class: "accounts" }),
          more > 0 ? h("p", { class: "note" }, `and ${bankrun.format.counted(more, "more account")}`) : null);
      },
    };
  }

  bankrun.accounts = { make, rows, outside };
})(window.bankrun);
