// The open document: the quote in view, marked, with the text before and after it to read on.

import { call } from "./server.js";
import { announce, word } from "./words.js";

const STEP = 6000; // characters read on at a time

let open = null; // {doc, start, end, kind, from, to, length, title, picture}

const $ = (id) => document.getElementById(id);

export async function openDocument(place, { original = false } = {}) {
  const piece = await call("passage", { ...place, ...(original ? { script: "" } : {}) });
  if (!piece) {
    announce(word("gone"));
    return false;
  }
  open = { ...place, ...piece, original };
  showPane("reader");
  $("gba-reader-head").innerHTML = piece.head;
  const paper = $("gba-paper");
  paper.lang = piece.language;
  paper.innerHTML = piece.html;
  $("gba-picture").hidden = true;
  $("gba-picture").replaceChildren();
  const picture = document.querySelector('[data-do="picture"]');
  picture.hidden = !piece.pdf;
  picture.setAttribute("aria-pressed", "false");
  ends();
  toQuote(false);
  $("gba-reader-head").querySelector("h2").focus({ preventScroll: true });
  return true;
}

export function toQuote(smooth = true) {
  const quote = $("quote");
  const scroll = $("gba-scroll");
  if (!quote || open.kind === "read") {
    scroll.scrollTop = 0;
    return;
  }
  const top = quote.getBoundingClientRect().top - scroll.getBoundingClientRect().top + scroll.scrollTop;
  const behavior = smooth && !matchMedia("(prefers-reduced-motion: reduce)").matches ? "smooth" : "instant";
  scroll.scrollTo({ top: top - scroll.clientHeight / 3, behavior });
}

// Add the text before or after what is shown.
export async function readOn(direction) {
  if (!open) return;
  const earlier = direction === "earlier";
  const from = earlier ? Math.max(0, open.from - STEP) : open.to;
  const to = earlier ? open.from : open.to + STEP;
  const { doc, start, end, kind } = open;
  const piece = await call("passage", { doc, start, end, kind, from, to, ...(open.original ? { script: "" } : {}) });
  if (!piece || doc !== open.doc) return;
  const scroll = $("gba-scroll");
  const before = scroll.scrollHeight;
  $("gba-paper").insertAdjacentHTML(earlier ? "afterbegin" : "beforeend", piece.html);
  if (earlier) {
    open.from = Math.min(piece.from, from);
    scroll.scrollTop += scroll.scrollHeight - before;
  } else {
    open.to = Math.max(piece.to, Math.min(to, open.length));
  }
  ends();
}

export async function togglePicture(button) {
  const figure = $("gba-picture");
  const shown = button.getAttribute("aria-pressed") === "true";
  if (shown) {
    figure.hidden = true;
    button.setAttribute("aria-pressed", "false");
    return;
  }
  button.disabled = true;
  const found = await call("picture", { doc: open.doc, start: open.start, end: open.end });
  button.disabled = false;
  if (!found) {
    button.hidden = true;
    return;
  }
  const image = new Image();
  image.alt = word("page_picture_alt", { n: found.page, title: open.title });
  image.src = found.src;
  figure.replaceChildren(image);
  figure.hidden = false;
  button.setAttribute("aria-pressed", "true");
  figure.scrollIntoView({ block: "nearest" });
}

export function reopen(options) {
  if (open && !$("gba-reader").hidden && !$("gba-pane").hidden) openDocument(open.place ?? placeOf(open), options);
}

export function showPane(what) {
  $("gba-pane").hidden = what === null;
  document.body.classList.toggle("pane-open", what !== null);
  document.querySelector('[data-do="sources"]').setAttribute("aria-expanded", String(what !== null));
  if (what === null) return;
  $("gba-list").hidden = what !== "list";
  $("gba-reader").hidden = what !== "reader";
}

const placeOf = ({ doc, start, end, kind }) => ({ doc, start, end, kind });

function ends() {
  document.querySelector('[data-do="earlier"]').hidden = open.from <= 0;
  document.querySelector('[data-do="later"]').hidden = open.to >= open.length;
  document.querySelector('[data-do="to-quote"]').hidden = open.kind === "read";
}
