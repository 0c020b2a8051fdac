// What is typed into a box is kept in this tab until it is sent: a reload does not take it away. The page names the
// box: the class of its container, with the person in it. The sign-in page lets all be forgotten.
(() => {
  "use strict";
  const START = "sandtable.draft.";
  const BOXES = 'textarea, input[type="text"]:not([role])';
  const nameOf = (box) => box.getAttribute("aria-label") || "";
  const keptOf = (name) => JSON.parse(sessionStorage.getItem(START + name) || "{}");
  const draftOf = (inside) => {
    const holder = inside.closest?.('[class*="st-key-draft_"]');
    return holder ? /st-key-(draft_\w+)/.exec(holder.className)?.[1] : undefined;
  };
  const forgetAll = () =>
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith(START))
      .forEach((key) => sessionStorage.removeItem(key));

  const marks = [...document.querySelectorAll("[data-sandtable-draft]")];
  if (!marks.length) {
    if (document.querySelector("[data-sandtable-forget]")) forgetAll();
    return;
  }
  const page = (window.sandtableDrafts ||= { seen: new Set(), isListening: false });

  if (!page.isListening) {
    page.isListening = true;
    document.addEventListener("input", (event) => {
      const name = event.target.matches?.(BOXES) && draftOf(event.target);
      if (!name) return;
      const kept = { ...keptOf(name), [nameOf(event.target)]: event.target.value };
      sessionStorage.setItem(START + name, JSON.stringify(kept));
    });
    // Once sent it is the server's: what is refused still stands in the box.
    document.addEventListener("click", (event) => {
      const name = event.target.closest?.('[data-testid="stFormSubmitButton"] button') && draftOf(event.target);
      if (name) sessionStorage.removeItem(START + name);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      if (event.ctrlKey || event.metaKey) forgetAll();
      else if (event.target.matches?.("input") && draftOf(event.target)) {
        sessionStorage.removeItem(START + draftOf(event.target));
      }
    });
  }

  const bringBack = (name) => {
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
  marks
    .map((mark) => mark.dataset.sandtableDraft)
    .filter((name) => !page.seen.has(name)) // once a page: what was saved since must not come back
    .forEach((name) => {
      page.seen.add(name);
      [0, 200, 800].forEach((wait) => setTimeout(bringBack, wait, name)); // the box may be drawn after this
    });
})();
