// The card with the quote, shown while the pointer or the focus is on a citation mark.

const DELAY = 120; // ms before it opens under the pointer, so that crossing a mark does not flash
const LINGER = 250; // ms it stays, so that the pointer can reach it

let card;
let timer;

export function startCards() {
  card = document.createElement("div");
  card.className = "card";
  card.id = "gba-card";
  card.setAttribute("role", "tooltip");
  card.hidden = true;
  document.body.append(card);
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const mark = event.target.closest?.(".mark");
    if (mark) later(() => show(mark), DELAY);
    else if (event.target.closest?.("#gba-card")) clearTimeout(timer);
    else later(hideCard, LINGER);
  });
  document.addEventListener("focusin", (event) => {
    const mark = event.target.closest?.(".mark");
    if (mark && mark.matches(":focus-visible")) show(mark);
    else hideCard();
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hideCard());
  addEventListener("scroll", hideCard, { passive: true, capture: true });
}

export function hideCard() {
  clearTimeout(timer);
  if (!card || card.hidden) return;
  card.hidden = true;
  document.querySelectorAll("[aria-describedby=gba-card]").forEach((e) => e.removeAttribute("aria-describedby"));
}

function later(action, delay) {
  clearTimeout(timer);
  timer = setTimeout(action, delay);
}

function show(mark) {
  clearTimeout(timer);
  const reference = mark.closest(".turn")?.querySelector(`.ref[data-cite="${mark.dataset.cite}"] .ref-text`);
  if (!reference || !mark.isConnected) return;
  card.replaceChildren(reference.cloneNode(true));
  card.hidden = false;
  mark.setAttribute("aria-describedby", "gba-card");
  const at = mark.getBoundingClientRect();
  const left = Math.min(Math.max(12, at.left - 24), innerWidth - card.offsetWidth - 12);
  const below = at.bottom + 8;
  const top = below + card.offsetHeight < innerHeight - 90 ? below : Math.max(8, at.top - card.offsetHeight - 8);
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}
