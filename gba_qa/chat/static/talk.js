// The conversation: ask, show the growing answer, keep the finished one, bring back an earlier chat.

import { call, view } from "./server.js";
import { chosenDocuments } from "./sources.js";
import * as store from "./store.js";
import { announce, word } from "./words.js";

const HISTORY = 5; // earlier turns sent along, so that "and in 2024?" is understood

const $ = (id) => document.getElementById(id);
let chat = "";
let turns = []; // the kept turns of this chat

export const currentTurns = () => turns;

// Called by Gradio when a question is sent; returns what goes to the server.
export function submit(question) {
  const text = (question || "").trim();
  if (!text) return ["", "{}"];
  settle();
  $("gba-welcome").hidden = true;
  pending(text);
  const context = { ...view(), doc_ids: chosenDocuments(), turns: turns.slice(-HISTORY) };
  queueMicrotask(() => setQuestion(""));
  document.body.classList.add("asking");
  return [text, JSON.stringify(context)];
}

export function ask(text) {
  setQuestion(text);
  // Gradio learns of the text through the input event; its own button then sends it.
  requestAnimationFrame(() => requestAnimationFrame(() => $("gba-send").click()));
}

export function stopped() {
  document.body.classList.remove("asking");
  settle();
}

// The live part has changed: a growing answer, or the last one of a question.
export function onLive() {
  const article = $("gba-live").querySelector("article");
  if (!article) return;
  $("gba-pending")?.remove();
  $("gba-live").hidden = false;
  scrollToEnd();
  if (!article.dataset.turn && !article.dataset.final) return;
  settle();
  const last = $("gba-turns").lastElementChild;
  const cited = last.querySelectorAll(".ref").length;
  const spoken = last.querySelector(".answer, .alert")?.textContent ?? "";
  announce(`${cited ? word(cited === 1 ? "result_one" : "result", { n: cited }) : ""} ${spoken}`);
}

// Take the finished turn out of the live part, into the conversation.
function settle() {
  $("gba-pending")?.remove();
  const live = $("gba-live");
  const article = live.querySelector("article");
  if (!article || live.hidden) return;
  const copy = article.cloneNode(true);
  copy.querySelector(".typing")?.remove();
  live.hidden = true;
  const data = copy.dataset.turn;
  if (data) {
    const turn = JSON.parse(data);
    if (turns.some((t) => t.id === turn.id)) return;
    copy.removeAttribute("data-turn");
    turns.push(turn);
    if (!chat) chat = store.current(crypto.randomUUID?.() ?? String(Math.random()).slice(2));
    store.keepTurn(chat, turn);
  }
  document.body.classList.remove("asking");
  $("gba-turns").append(copy);
  scrollToEnd();
}

function pending(text) {
  const article = document.createElement("article");
  article.className = "turn pending";
  article.id = "gba-pending";
  const question = document.createElement("h2");
  question.className = "question";
  question.textContent = text;
  const typing = document.createElement("div");
  typing.className = "typing";
  typing.innerHTML = "<i></i><i></i><i></i>";
  article.append(question, typing);
  $("gba-turns").append(article);
  article.scrollIntoView({ block: "start" });
  announce(word("thinking"));
}

export function setQuestion(text) {
  const box = document.querySelector("#gba-question textarea");
  if (!box) return;
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

export function focusQuestion() {
  document.querySelector("#gba-question textarea")?.focus();
}

export function newChat() {
  settle();
  chat = store.current("");
  turns = [];
  $("gba-turns").replaceChildren();
  $("gba-welcome").hidden = false;
  scrollTo({ top: 0 });
  focusQuestion();
}

export async function openChat(id) {
  const found = store.chat(id);
  if (!found) return newChat();
  chat = store.current(id);
  turns = found.turns;
  await redraw();
  scrollToEnd();
}

// Draw all turns again: after a reload, or in another language or script.
export async function redraw() {
  settle();
  if (!turns.length) return;
  $("gba-welcome").hidden = true;
  const drawn = await call("render", { turns });
  if (!drawn) return announce(word("offline"));
  $("gba-turns").innerHTML = drawn.join("");
  for (const article of $("gba-turns").children) article.removeAttribute("data-turn");
}

export const turnOf = (element) => turns.find((t) => t.id === element.closest(".turn")?.dataset.id);

function scrollToEnd() {
  const last = $("gba-live").hidden ? $("gba-turns").lastElementChild : $("gba-live").querySelector("article");
  if (!last) return;
  // The question stays in sight: a long answer is read from its beginning.
  const top = last.getBoundingClientRect().top + scrollY - 76;
  scrollTo({ top, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth" });
}
