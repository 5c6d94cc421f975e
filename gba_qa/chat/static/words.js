// The words of the page, in the language that is chosen (the same table as the server's, strings.json).

export const ui = () => document.documentElement.dataset.ui || "en";

export function word(key, values = {}) {
  const phrase = window.gbaWords[ui()][key] ?? key;
  return phrase.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function speak(root = document) {
  for (const e of root.querySelectorAll("[data-i18n]")) e.textContent = word(e.dataset.i18n);
  for (const e of root.querySelectorAll("[data-i18n-label]")) {
    e.setAttribute("aria-label", word(e.dataset.i18nLabel));
    if (e.tagName === "BUTTON") e.title = word(e.dataset.i18nLabel);
  }
  for (const e of root.querySelectorAll("[data-i18n-title]")) e.title = word(e.dataset.i18nTitle);
  for (const e of root.querySelectorAll("[data-i18n-placeholder]")) e.placeholder = word(e.dataset.i18nPlaceholder);
}

// Gradio's own few words: they come in the browser's language, and change here.
export function speakGradio() {
  const box = document.querySelector("#gba-question textarea");
  if (box) {
    box.placeholder = word("ask_placeholder");
    box.setAttribute("aria-label", word("ask_label"));
  }
  for (const [id, key] of [["gba-send", "ask"], ["gba-stop", "stop"]]) {
    const button = document.getElementById(id);
    if (!button) continue;
    const text = [...button.childNodes].find((n) => n.nodeType === Node.TEXT_NODE && n.nodeValue.trim());
    if (text) text.nodeValue = word(key); // the node is Gradio's: changed, not replaced
  }
}

export function announce(text) {
  const line = document.getElementById("gba-said");
  if (line) line.textContent = text;
}
