// Numbers as a person reads them.
(function (bankrun) {
  "use strict";

  const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const known = (value) => typeof value === "number" && Number.isFinite(value);
  const digits = (value) => (value < 10 ? 2 : value < 100 ? 1 : 0);

  const format = {
    known,

    /// `12,345`; `?` where it is not known.
    count: (value) => (known(value) ? whole.format(value) : "?"),

    /// `+5`, `-5`, `0`.
    signed: (value) => (known(value) ? (value > 0 ? "+" : "") + whole.format(value) : "?"),

    /// `812`, `8.12`.
    rate: (value) => (!known(value) ? "?" : value >= 100 || value === 0 ? whole.format(value) : value.toFixed(digits(value))),

    /// `625 µs`, `8.65 ms`, `1.20 s`, from milliseconds.
    ms: (value) => {
      if (!known(value)) return "no sample";
      if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
      if (value >= 1) return `${value.toFixed(digits(value))} ms`;
      return value === 0 ? "0 ms" : `${Math.round(value * 1000)} µs`;
    },

    /// `230 ms`, `8.25 s`, `2 min 5 s`, from seconds.
    seconds: (value) => {
      if (!known(value)) return "?";
      if (value < 1) return `${Math.round(value * 1000)} ms`;
      if (value < 60) return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
      const minutes = Math.floor(value / 60);
      return `${minutes} min ${Math.floor(value % 60)} s`;
    },

    /// `1 account`, `3 accounts`.
    counted: (count, noun) => `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`,

    /// `1500`, or `1490..1510` where it depends on what is under way.
    reach: (low, high) => (!known(low) ? "?" : low === high ? whole.format(low) : `${whole.format(low)}..${whole.format(high)}`),

    /// The last value of a column that is known.
    last: (column) => {
      for (let index = (column || []).length - 1; index >= 0; index -= 1) {
        if (known(column[index])) return column[index];
      }
      return null;
    },
  };

  bankrun.format = format;
})(window.bankrun);
