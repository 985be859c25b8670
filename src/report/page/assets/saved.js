// The HTML report: all runs of a command, from the data in the file itself.
(function (bankrun) {
  "use strict";

  const { h } = bankrun;

  bankrun.offline = true;

  function contents(groups) {
    const entry = (run) => h("li", null,
      h("a", { href: `#run-${run.id}` }, `${bankrun.group.title([run])}: ${run.label}`), " ", bankrun.verdict.pill(run));
    return h("ol", null, [...groups.values()].flat().map(entry));
  }

  document.addEventListener("DOMContentLoaded", () => {
    const data = JSON.parse(document.getElementById("bankrun-data").textContent);
    const groups = bankrun.group.sorted(data.runs);
    const all = [...groups.values()].flat();
    bankrun.say(document.getElementById("version"), data.version);
    if (all.length > 0) document.title = `${bankrun.group.title(all)} - bankrun`;
    document.getElementById("contents").hidden = all.length < 2;
    document.getElementById("contents").append(contents(groups));
    for (const [id, runs] of groups) {
      const view = bankrun.group.make(id);
      document.getElementById("runs").append(view.element);
      view.draw(runs);
    }
  });
})(window.bankrun);
