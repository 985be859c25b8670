// One chart over time: a title, a legend with values, and uPlot's canvas.
(function (bankrun) {
  "use strict";

  const { h, say } = bankrun;
  const cache = new Map();
  const charts = new Set();

  /// The value of a custom property of the style sheet, in the present theme.
  function colour(name) {
    if (!cache.has(name)) {
      const style = getComputedStyle(document.documentElement);
      cache.set(name, style.getPropertyValue(name).trim());
    }
    return cache.get(name);
  }

  const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

  /// As wide as its longest label.
  const wide = (chart, labels) => 12 + 6.3 * Math.max(1, ...(labels || []).map((label) => label.length));

  function axis(values, size, side, grid) {
    return {
      stroke: () => colour("--faint"),
      font: FONT,
      size,
      side,
      gap: 4,
      space: side === 2 ? 55 : 28,
      grid: { show: grid, stroke: () => colour("--grid"), width: 1 },
      ticks: { show: false },
      values: (chart, splits) => {
        const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 0;
        return splits.map((split) => (split === null ? "" : values(split, step)));
      },
      scale: side === 1 ? "right" : side === 2 ? "x" : "y",
    };
  }

  /// `1,500`, `20k`, `1.5M`; in full where the labels would be alike.
  function tick(value, step) {
    if (step >= 1e6) return value === 0 ? "0" : `${Number((value / 1e6).toFixed(1))}M`;
    if (step >= 5e3) return value === 0 ? "0" : `${Number((value / 1e3).toFixed(1))}k`;
    return Number(value.toFixed(6)).toLocaleString("en-US");
  }

  const seconds = (value, step) =>
    (step < 0.1 && value !== 0 ? `${Number((value * 1000).toFixed(2))}ms` : `${Number(value.toFixed(2))}s`);

  function series(line) {
    return {
      label: line.label,
      scale: line.right ? "right" : "y",
      stroke: () => colour(line.colour),
      width: line.width || 1.5,
      dash: line.dash,
      fill: line.fill ? () => colour(line.fill) : undefined,
      spanGaps: true,
      points: { show: false },
      paths: line.stepped ? window.uPlot.paths.stepped({ align: -1 }) : undefined,
    };
  }

  /// `spec`: { title, height, tick, lines: [{ label, colour, dash, width, fill,
  /// right, stepped, show }], bands (see uPlot), before(chart): what is painted below the lines }.
  /// `show(value)` makes the words of the legend.
  function make(spec) {
    const host = h("div", { class: "plot", role: "img", "aria-label": spec.title });
    const values = spec.lines.map(() => h("span", { class: "value" }));
    const key = (line) => bankrun.svg(
      "svg",
      { class: "key", viewBox: "0 0 18 8", "aria-hidden": "true" },
      bankrun.svg("line", { x1: 0, x2: 18, y1: 4, y2: 4, class: `stroke${line.colour}`, "stroke-dasharray": line.dash ? "5 3" : null }),
    );
    const legend = h("div", { class: "legend" }, spec.lines.map((line, index) =>
      h("span", { class: "entry" }, key(line), h("span", null, line.label), " ", values[index])));
    const element = h("figure", { class: `chart ${spec.kind || ""}` },
      h("figcaption", null, spec.heading || h("span", { class: "title" }, spec.title)), host, legend);
    const self = { element, spec, host, legend: values, data: null, limits: null, plot: null };
    self.draw = (data, limits, shown) => draw(self, data, limits, shown);
    self.destroy = () => destroy(self);
    charts.add(self);
    return self;
  }

  function range(self, name) {
    return () => (self.limits && self.limits[name]) || [0, 1];
  }

  function create(self) {
    const { spec } = self;
    const right = spec.lines.some((line) => line.right);
    const size = self.host.getBoundingClientRect();
    const options = {
      width: Math.max(120, Math.floor(size.width)),
      height: spec.height,
      padding: [8, right ? 0 : 16, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: false, range: range(self, "x") },
        y: { range: range(self, "y") },
        ...(right ? { right: { range: range(self, "right") } } : {}),
      },
      axes: [
        axis(seconds, 22, 2, false),
        axis(spec.tick || tick, wide, 3, true),
        ...(right ? [axis(tick, wide, 1, false)] : []),
      ],
      series: [{}, ...spec.lines.map(series)],
      bands: spec.bands,
      hooks: {
        drawAxes: spec.before ? [spec.before] : [],
        setCursor: [() => words(self)],
      },
    };
    self.plot = new window.uPlot(options, self.data, self.host);
    watch(self);
  }

  function watch(self) {
    self.observer = new ResizeObserver(() => fit(self));
    self.observer.observe(self.host);
  }

  function fit(self) {
    const width = Math.floor(self.host.getBoundingClientRect().width);
    if (self.plot && width >= 60 && width !== self.plot.width) {
      self.plot.setSize({ width, height: self.spec.height });
    }
  }

  /// The values under the pointer, else the latest.
  function words(self) {
    const show = self.spec.show || bankrun.format.rate;
    const at = self.plot && self.plot.cursor.idx;
    const there = typeof at === "number" && self.plot.cursor.left >= 0;
    const columns = self.shown || (self.data || []).slice(1);
    self.legend.forEach((place, index) => {
      const column = columns[index] || [];
      const value = there ? column[at] : bankrun.format.last(column);
      const line = self.spec.lines[index];
      say(place, bankrun.format.known(value) ? (line.show || show)(value) : "no sample");
    });
  }

  /// `data`: columns as uPlot takes them; `shown`: those that the legend tells,
  /// where they are others (stacked areas).
  function draw(self, data, limits, shown) {
    self.data = data;
    self.limits = limits;
    self.shown = shown;
    if (!self.host.isConnected) return;
    if (!self.plot) {
      if (self.host.getBoundingClientRect().width < 60) return;
      create(self);
    } else {
      self.plot.setData(data);
    }
    words(self);
    describe(self);
  }

  /// What a screen reader is told of the picture; not announced by itself.
  function describe(self) {
    const now = performance.now();
    if (self.described && now - self.described < 2000) return;
    self.described = now;
    const told = self.spec.lines.map((line, index) => `${line.label} ${self.legend[index].textContent}`);
    self.host.setAttribute("aria-label", `${self.spec.title} over time, latest: ${told.join(", ")}`);
  }

  function destroy(self) {
    if (self.observer) self.observer.disconnect();
    if (self.plot) self.plot.destroy();
    self.plot = null;
    charts.delete(self);
  }

  function repaint() {
    cache.clear();
    for (const chart of charts) if (chart.plot) chart.plot.redraw(false, true);
  }

  document.addEventListener("bankrun-theme", repaint);
  // Paper is white, and as wide as it is.
  window.addEventListener("beforeprint", () => {
    document.documentElement.classList.add("printing");
    charts.forEach(fit);
    repaint();
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("printing");
    charts.forEach(fit);
    repaint();
  });

  bankrun.charts = { make, colour, tick };
})(window.bankrun);
