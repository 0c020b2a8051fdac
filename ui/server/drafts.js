// What is typed into a box is kept in this tab until it is saved: a reload does not take it away. The page names the
// box (the container's class, with the person in it) and counts what was saved there; the sign-in page forgets all.
(() => {
  "use strict";
  const START = "sandtable.draft.";
  const BOXES = 'textarea, input[type="text"]:not([role])';
  const nameOf = (box) => box.getAttribute("aria-label") || "";
  const keptOf = (name) => JSON.parse(sessionStorage.getItem(START + name) || "{}");

  if (document.querySelector("[data-sandtable-forget]")) {
    Object.keys(sessionStorage).filter((key) => key.startsWith(START)).forEach((key) => sessionStorage.removeItem(key));
    return;
  }
  const mark = document.querySelector("[data-sandtable-draft]");
  if (!mark) return;
  const name = mark.dataset.sandtableDraft;
  const page = (window.sandtableDrafts ||= { rounds: {}, isListening: false });
  if (name in page.rounds && page.rounds[name] !== mark.dataset.sandtableRound) {
    sessionStorage.removeItem(START + name); // it was saved since
  }
  page.rounds[name] = mark.dataset.sandtableRound;

  if (!page.isListening) {
    page.isListening = true;
    document.addEventListener("input", (event) => {
      const box = event.target;
      const holder = box.matches?.(BOXES) && box.closest('[class*="st-key-draft_"]');
      const found = holder && /st-key-(draft_\w+)/.exec(holder.className);
      if (!found) return;
      sessionStorage.setItem(START + found[1], JSON.stringify({ ...keptOf(found[1]), [nameOf(box)]: box.value }));
    });
  }

  const bringBack = () => {
    const kept = keptOf(name);
    document.querySelectorAll(`.st-key-${name}`).forEach((holder) => {
      holder.querySelectorAll(BOXES).forEach((box) => {
        const text = kept[nameOf(box)];
        if (box.value || !text) return;
        // The framework hears of a change only if the value is set past its own setter and told as typed.
        Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, text);
        box.dispatchEvent(new Event("input", { bubbles: true }));
      });
    });
  };
  [0, 200, 800].forEach((wait) => setTimeout(bringBack, wait)); // the box may be drawn after this
})();
