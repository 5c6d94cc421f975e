// What stands in the menu and under an answer: earlier chats, export, about, copy, thumbs.

import { call } from "./server.js";
import * as store from "./store.js";
import { announce, ui, word } from "./words.js";

const $ = (id) => document.getElementById(id);

export function drawHistory() {
  const list = $("gba-history");
  list.replaceChildren();
  const chats = store.chats();
  if (!chats.length) {
    const none = document.createElement("li");
    none.className = "hint";
    none.textContent = word("history_none");
    list.append(none);
    return;
  }
  for (const chat of chats) {
    const title = String(chat.turns[0]?.question ?? "");
    const row = document.createElement("li");
    const open = button("open-chat", chat.id, title);
    const remove = button("delete-chat", chat.id, "×");
    open.title = new Date(chat.time).toLocaleString(ui());
    remove.className = "remove";
    remove.setAttribute("aria-label", word("delete_chat", { title }));
    if (chat.id === store.current()) open.setAttribute("aria-current", "true");
    row.append(open, remove);
    list.append(row);
  }
  const all = document.createElement("li");
  all.append(button("delete-chat", "", word("history_clear")));
  all.className = "clear";
  list.append(all);
}

function button(action, chat, text) {
  const made = document.createElement("button");
  made.type = "button";
  made.dataset.do = action;
  made.dataset.chat = chat;
  made.textContent = text;
  return made;
}

export async function exportChat(turns) {
  const made = await call("export", { turns });
  if (!made) return announce(word("offline"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([made.markdown], { type: "text/markdown;charset=utf-8" }));
  link.download = `gba-qa-${new Date().toISOString().slice(0, 10)}.md`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export async function showAbout() {
  const about = await call("about");
  if (!about) return announce(word("offline"));
  $("gba-about-body").innerHTML = about.html;
  $("gba-menu").hidden = true;
  $("gba-about").showModal();
}

export async function copyTurn(element, turn) {
  if (!turn) return;
  const gap = turn.language === "en" ? " " : "";
  const answer = turn.statements.map((s) => s.text + s.citations.map((n) => `[${n}]`).join("")).join(gap);
  const references = turn.citations.map((c) => {
    const page = c.page === null ? "" : `, ${word("page_number", { n: c.page })}`;
    return `[${c.number}] ${c.title}${page} (${c.source.split(/[\\/]/).pop()}): “${c.quote}”`;
  });
  const done = await toClipboard([turn.question, answer, ...references].join("\n\n"));
  flash(element, word(done ? "copied" : "copy_failed"));
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard on a page that is not on localhost or https: the old way.
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  }
}

function flash(element, text) {
  const line = document.createElement("span");
  line.className = "flash";
  line.textContent = text;
  element.parentElement.append(line);
  announce(text);
  setTimeout(() => line.remove(), 2500);
}

export async function rate(element, thumb, turn) {
  if (!turn) return;
  const tools = element.closest(".tools");
  for (const b of tools.querySelectorAll("[aria-pressed]")) b.setAttribute("aria-pressed", String(b === element));
  tools.parentElement.querySelector(".note-form")?.remove();
  if (thumb === "up") {
    const kept = await call("rate", { turn, thumb });
    return flash(element, word(kept?.ok ? "feedback_thanks" : "offline"));
  }
  const form = document.createElement("form");
  form.className = "note-form";
  const label = document.createElement("label");
  label.textContent = word("note_label");
  const box = document.createElement("textarea");
  box.rows = 2;
  box.maxLength = 2000;
  label.append(box);
  const send = document.createElement("button");
  send.textContent = word("send_note");
  form.append(label, send);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    form.remove();
    const kept = await call("rate", { turn, thumb, note: box.value });
    flash(element, word(kept?.ok ? "feedback_thanks" : "offline"));
  });
  tools.after(form);
  box.focus();
}
