// Light, dark, or as the system has it. Kept where the browser lets us.
(function () {
  "use strict";

  const KEY = "bankrun-theme";

  function stored() {
    try {
      return window.localStorage.getItem(KEY) || "auto";
    } catch (refused) {
      return "auto";
    }
  }

  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = stored();

  function apply() {
    const auto = system.matches ? "dark" : "light";
    document.documentElement.dataset.theme = chosen === "auto" ? auto : chosen;
    document.dispatchEvent(new Event("bankrun-theme"));
  }

  // Before anything is painted.
  apply();
  system.addEventListener("change", apply);

  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    choice.value = chosen;
    choice.addEventListener("change", () => {
      chosen = choice.value;
      try {
        window.localStorage.setItem(KEY, chosen);
      } catch (refused) {
        // It holds until the page is left.
      }
      apply();
    });
  });
})();
