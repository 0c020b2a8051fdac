// The first box of an open dialog is where one types: the framework leaves the keyboard on the dialog itself.
(() => {
  const begin = (triesLeft) => {
    const dialog = document.querySelector('[role="dialog"]');
    const box = dialog && dialog.querySelector("input, textarea");
    if (box && !dialog.querySelector("input:focus, textarea:focus")) {
      box.focus();
    }
    // The dialog takes the keyboard itself once it has opened, which may be later than this.
    if (triesLeft > 0) {
      setTimeout(begin, 60, triesLeft - 1);
    }
  };
  begin(5);
})();
