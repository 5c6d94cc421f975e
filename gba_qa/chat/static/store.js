// What this browser keeps: settings, and the conversations with their citations.  Nothing of it is kept by the server.

const KEY = "gba-qa.chats";
const MAX_CHATS = 30;
const MAX_TURNS = 60;

export function setting(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`gba-qa.${name}`) || "";
    if (value) localStorage.setItem(`gba-qa.${name}`, value);
    else localStorage.removeItem(`gba-qa.${name}`);
  } catch {
    /* storage is switched off: the setting holds until the page is left */
  }
  return value || "";
}

// All chats, the newest first: [{id, time, turns}].
export function chats() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(found) ? found.filter((c) => c && typeof c.id === "string" && Array.isArray(c.turns)) : [];
  } catch {
    return [];
  }
}

export function chat(id) {
  return chats().find((c) => c.id === id);
}

export function keepTurn(id, turn) {
  const others = chats();
  const at = others.findIndex((c) => c.id === id);
  const found = at < 0 ? { id, turns: [] } : others.splice(at, 1)[0];
  found.turns = [...found.turns, turn].slice(-MAX_TURNS);
  found.time = Date.now();
  write([found, ...others].slice(0, MAX_CHATS));
}

export function forget(id) {
  write(id ? chats().filter((c) => c.id !== id) : []);
}

// The chat that is open in this tab; a reload finds it again, another tab has its own.
export function current(id) {
  try {
    if (id !== undefined) sessionStorage.setItem("gba-qa.chat", id);
    return sessionStorage.getItem("gba-qa.chat") || "";
  } catch {
    return "";
  }
}

function write(list) {
  while (true) {
    try {
      localStorage.setItem(KEY, JSON.stringify(list));
      return;
    } catch {
      if (!list.length) return; // no storage at all
      list = list.slice(0, -1); // full: the oldest goes
    }
  }
}
