// Wires the page: one listener a kind of event, on the document, since the parts are redrawn.

import { hideCard, startCards } from "./card.js";
import { drawHistory, exportChat, copyTurn, rate, showAbout } from "./menu.js";
import { openDocument, readOn, reopen, showPane, togglePicture, toQuote } from "./reader.js";
import { call } from "./server.js";
import * as sources from "./sources.js";
import * as store from "./store.js";
import * as talk from "./talk.js";
import { speak, speakGradio } from "./words.js";

const HEARTBEAT = 5 * 60 * 1000; // ms; the server ends a session that is silent for thirty minutes
const $ = (id) => document.getElementById(id);
let cameFrom = null; // where the focus goes back to when the pane closes

window.gba = { submit: talk.submit, stopped: talk.stopped };
document.documentElement.dataset.script = store.setting("script");

const actions = {
  new: () => talk.newChat(),
  sources: () => ($("gba-pane").hidden || $("gba-list").hidden ? sources.openList() : closePane()),
  list: () => sources.openList(),
  close: () => closePane(),
  menu: () => toggleMenu(),
  about: () => showAbout(),
  export: () => exportChat(talk.currentTurns()),
  attach: () => $("gba-file").click(),
  "use-all": () => sources.useAll(),
  "to-quote": () => toQuote(),
  earlier: () => readOn("earlier"),
  later: () => readOn("later"),
  picture: (button) => togglePicture(button),
  original: () => reopen({ original: true }),
  remove: (button) => sources.removeDocument(button.dataset.doc),
  copy: (button) => copyTurn(button, talk.turnOf(button)),
  good: (button) => rate(button, "up", talk.turnOf(button)),
  bad: (button) => rate(button, "down", talk.turnOf(button)),
  "open-chat": (button) => (toggleMenu(false), talk.openChat(button.dataset.chat)),
  "delete-chat": (button) => {
    store.forget(button.dataset.chat);
    if (!button.dataset.chat || button.dataset.chat === store.current()) talk.newChat();
    drawHistory();
  },
};

document.addEventListener("click", (event) => {
  const target = event.target;
  if (!target.closest) return;
  const mark = target.closest(".mark");
  const opener = mark ? mark.closest(".turn").querySelector(`.ref[data-cite="${mark.dataset.cite}"] .open`) : target.closest(".open");
  const asker = target.closest(".ask");
  const doer = target.closest("[data-do]");
  const setter = target.closest("[data-set]");
  const filter = target.closest("[data-filter]");
  if (!target.closest("#gba-menu, [data-do=menu]")) toggleMenu(false);
  if (opener) open(opener, mark ?? opener);
  else if (asker) talk.ask(asker.querySelector(".example")?.textContent ?? asker.textContent);
  else if (setter) choose(setter.dataset.set, setter.dataset.value);
  else if (filter) sources.filterBy(filter);
  else if (doer) actions[doer.dataset.do]?.(doer);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("#gba-docs input")) sources.choose(event.target);
  if (event.target.id === "gba-file") sources.upload([...event.target.files]);
});
document.addEventListener("input", (event) => event.target.id === "gba-find" && sources.narrow());
document.addEventListener("keydown", (event) => {
  if (event.target.id === "gba-find" && event.key === "Enter") sources.searchText();
  if (event.key === "Escape" && !event.defaultPrevented) {
    if (!$("gba-menu").hidden) toggleMenu(false, true);
    else if (!$("gba-pane").hidden && !$("gba-about").open) closePane();
  }
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.target.isContentEditable;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    talk.focusQuestion();
  }
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop") sources.upload([...event.dataTransfer.files]);
  });
}

async function open(opener, from) {
  hideCard();
  cameFrom = from;
  for (const e of document.querySelectorAll(".open.is-open, .mark.is-open")) e.classList.remove("is-open");
  const { doc, start, end, kind } = opener.dataset;
  if (await openDocument({ doc, start: Number(start), end: Number(end), kind })) from.classList.add("is-open");
}

function closePane() {
  showPane(null);
  for (const e of document.querySelectorAll(".is-open")) e.classList.remove("is-open");
  if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
  else talk.focusQuestion();
  cameFrom = null;
}

function toggleMenu(wanted, refocus = false) {
  const menu = $("gba-menu");
  const button = document.querySelector("[data-do=menu]");
  if (!menu) return;
  menu.hidden = wanted === undefined ? !menu.hidden : !wanted;
  button.setAttribute("aria-expanded", String(!menu.hidden));
  if (!menu.hidden) drawHistory();
  else if (refocus) button.focus();
}

function choose(name, value) {
  store.setting(name, value);
  const root = document.documentElement;
  if (name === "theme") window.gbaTheme();
  if (name === "ui") {
    root.dataset.ui = value;
    root.lang = value;
  }
  if (name === "script") root.dataset.script = value;
  press();
  if (name === "theme") return;
  say();
  talk.redraw();
  if (!$("gba-pane").hidden && !$("gba-list").hidden) sources.refreshList();
  reopen();
  if (!$("gba-menu").hidden) drawHistory();
}

function press() {
  const root = document.documentElement;
  const now = { ui: root.dataset.ui, script: root.dataset.script || "", theme: store.setting("theme") };
  for (const b of document.querySelectorAll("[data-set]")) {
    b.setAttribute("aria-pressed", String(now[b.dataset.set] === b.dataset.value));
  }
}

function say() {
  speak();
  speakGradio();
  sources.hint();
  sources.showChosen();
}

// Gradio draws its components when it is ready: then, and not before, there is something to wire.
function whenDrawn(action) {
  const ready = () => $("gba-turns") && $("gba-pane") && $("gba-file") && document.querySelector("#gba-question textarea");
  if (ready()) return action();
  const watcher = new MutationObserver(() => {
    if (!ready()) return;
    watcher.disconnect();
    action();
  });
  watcher.observe(document.documentElement, { childList: true, subtree: true });
}

new MutationObserver(() => {
  const root = document.documentElement;
  if (root.lang !== root.dataset.ui) root.lang = root.dataset.ui; // Gradio writes its own locale there
}).observe(document.documentElement, { attributeFilter: ["lang"] });

whenDrawn(() => {
  say();
  press();
  startCards();
  document.addEventListener("gba:live", talk.onLive);
  if (store.current()) talk.openChat(store.current());
  setInterval(() => call("hello"), HEARTBEAT);
  document.documentElement.dataset.ready = "yes";
});
