// What grids of decoded images share: each image is a button, and the grid is one stop for the tab key.

export function buildButton(label, onClick) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "decoded", tabIndex: -1, ariaLabel: label });
  button.addEventListener("click", onClick);
  return button;
}

// Arrow keys move the focus among the buttons in `root`; `across()` tells how many stand side by side.
export function moveFocusByArrows(root, across) {
  root.addEventListener("keydown", (event) => {
    const buttons = Array.from(root.querySelectorAll("button.decoded"));
    const at = buttons.indexOf(event.target);
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across(), ArrowDown: across() }[event.key];
    if (at < 0 || !buttons[at + step]) return;
    event.preventDefault();
    buttons[at + step].focus();
  });
  // Whichever had the focus last is where the tab key comes back to.
  root.addEventListener("focusin", ({ target }) => {
    for (const button of root.querySelectorAll("button.decoded")) button.tabIndex = button === target ? 0 : -1;
  });
}
