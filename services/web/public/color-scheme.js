// Runs before the first paint so that a dark page never flashes white. A file of its own: the policy forbids inline scripts.
(function () {
  var chosen = null;
  try {
    chosen = window.localStorage.getItem("holdfast-color-scheme");
  } catch {
    chosen = null;
  }
  var dark = chosen === "dark" || (chosen !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
