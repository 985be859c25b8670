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

  function apply(theme) {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    document.dispatchEvent(new Event("bankrun-theme"));
  }

  // Before anything is painted.
  apply(stored());

  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    choice.value = stored();
    choice.addEventListener("change", () => {
      try {
        window.localStorage.setItem(KEY, choice.value);
      } catch (refused) {
        // It holds until the page is left.
      }
      apply(choice.value);
    });
  });
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", () => document.dispatchEvent(new Event("bankrun-theme")));
})();
