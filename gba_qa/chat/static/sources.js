// The list of documents: filter, search the text, choose which to ask, add and remove one's own.

import { showPane } from "./reader.js";
import { call } from "./server.js";
import { announce, ui, word } from "./words.js";

const chosen = new Set();
let filter = "";

const $ = (id) => document.getElementById(id);

export const chosenDocuments = () => [...chosen];

export async function openList() {
  showPane("list");
  $("gba-list").querySelector("h2").focus({ preventScroll: true });
  await refreshList();
}

export async function refreshList() {
  const list = await call("documents");
  if (!list) return announce(word("offline"));
  for (const id of [...chosen]) if (!list.ids.includes(id)) chosen.delete(id);
  $("gba-docs").innerHTML = list.html;
  for (const box of $("gba-docs").querySelectorAll("input")) box.checked = chosen.has(box.dataset.doc);
  narrow();
  showChosen();
}

export function choose(box) {
  if (box.checked) chosen.add(box.dataset.doc);
  else chosen.delete(box.dataset.doc);
  showChosen();
}

export function useAll() {
  chosen.clear();
  for (const box of $("gba-docs").querySelectorAll("input")) box.checked = false;
  showChosen();
}

export function showChosen() {
  $("gba-chosen").hidden = chosen.size === 0;
  $("gba-chosen-text").textContent = word("sources_used", { n: chosen.size });
}

export function filterBy(button) {
  filter = button.dataset.filter;
  for (const b of button.parentElement.children) b.setAttribute("aria-pressed", String(b === button));
  narrow();
}

// Show the rows whose title or file name holds what is typed.
export function narrow() {
  const wanted = $("gba-find").value.trim().toLowerCase();
  let shown = 0;
  for (const row of $("gba-docs").children) {
    const text = `${row.dataset.find} ${row.querySelector(".doc-title").textContent.toLowerCase()}`;
    row.hidden = Boolean((filter && row.dataset.language !== filter) || (wanted && !text.includes(wanted)));
    shown += !row.hidden;
  }
  $("gba-count").textContent = shown ? word("sources_count", { n: shown }) : word("sources_none");
  if (!wanted) $("gba-found").replaceChildren();
}

export async function searchText() {
  const query = $("gba-find").value.trim();
  if (!query) return;
  const found = await call("search", { query });
  if (found) $("gba-found").innerHTML = found.html;
}

export async function removeDocument(id) {
  await call("remove", { doc: id });
  chosen.delete(id);
  await refreshList();
}

export function hint() {
  const { mb, types, hint: key } = $("gba-file").dataset;
  $("gba-upload-hint").textContent = word(key, { mb, types });
}

export async function upload(files) {
  showPane("list");
  for (const file of files) await one(file);
  $("gba-file").value = "";
}

async function one(file) {
  const { mb, types } = $("gba-file").dataset;
  const row = document.createElement("li");
  const text = document.createElement("span");
  const bar = document.createElement("progress");
  bar.max = 1;
  row.append(text, bar);
  $("gba-uploads").prepend(row);
  const say = (line, state = "") => {
    text.textContent = line;
    row.className = state;
  };
  const done = (line, state) => {
    bar.remove();
    say(line, state);
    if (state === "done") setTimeout(() => row.remove(), 8000);
  };
  if (file.size > mb * 1024 * 1024) return done(word("upload_too_large", { name: file.name, mb }), "failed");
  say(word("uploading", { name: file.name }));
  bar.setAttribute("aria-label", text.textContent);
  const request = new XMLHttpRequest();
  request.open("POST", "/gba/upload");
  request.setRequestHeader("X-Filename", encodeURIComponent(file.name));
  request.setRequestHeader("X-Language", ui());
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
    if (event.loaded === event.total) {
      bar.removeAttribute("value");
      say(word("reading", { name: file.name }));
    }
  };
  const answer = await new Promise((resolve) => {
    request.onload = () => resolve(parse(request.responseText));
    request.onerror = () => resolve(null);
    request.send(file);
  });
  if (!answer?.id) {
    const reason = answer?.error ?? (request.status === 413 ? word("upload_too_large", { name: file.name, mb }) : word("upload_failed", { name: file.name, reason: word("offline") }));
    return done(reason, "failed");
  }
  done(answer.message, "done");
  $("gba-find").value = "";
  await refreshList();
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
