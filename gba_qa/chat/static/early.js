// Runs before anything is drawn: language and colours, from what was chosen earlier or from the browser.
(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(`gba-qa.${name}`) || "";
    } catch {
      return ""; // storage is switched off
    }
  };
  const fromBrowser = () => {
    for (const tag of navigator.languages || [navigator.language]) {
      if (/^zh/i.test(tag)) return /hant|-hk|-mo|-tw/i.test(tag) ? "zh-Hant" : "zh-Hans";
      if (/^en/i.test(tag)) return "en";
    }
    return "en";
  };
  const ui = kept("ui") || fromBrowser();
  const root = document.documentElement;
  root.lang = ui;
  root.dataset.ui = ui;
  // Gradio takes its language from here (gr.I18n): a language chosen on the page counts for more than the browser's.
  const locale = { en: "en", "zh-Hant": "zh-TW", "zh-Hans": "zh-CN" }[ui];
  Object.defineProperty(navigator, "language", { configurable: true, get: () => locale });
  const dark = matchMedia("(prefers-color-scheme: dark)");
  window.gbaTheme = () => {
    const theme = kept("theme") || (dark.matches ? "dark" : "light");
    root.dataset.theme = theme;
    root.style.colorScheme = theme;
  };
  window.gbaTheme();
  dark.addEventListener("change", window.gbaTheme);
})();
