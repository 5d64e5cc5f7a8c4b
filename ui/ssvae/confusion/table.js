// needs: ../../explorer/grid.js
// A confusion matrix whose cells are buttons: a row for each digit, a column for each label given. Arrow keys move on it.

const tables = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let table = tables.get(parentElement);
  if (!table) tables.set(parentElement, (table = createTable(parentElement.querySelector(".cells"))));
  table.update(data, (told) => setStateValue("told", told));
  return () => tables.delete(parentElement);
}

function createTable(root) {
  let turn, report, built, buttons = [];

  function build({ counts, title }) {
    const n = counts.length;
    root.style.gridTemplateColumns = `1.8rem repeat(${n}, minmax(1.7rem, 1fr))`;
    root.setAttribute("aria-label", title);
    const head = ["", ...counts.keys()].map((label) => Object.assign(document.createElement("span"), { textContent: label }));
    buttons = counts.map((row, digit) => row.map((count, given) => buildCell(count, digit, given, row)));
    const rows = buttons.flatMap((row, digit) => [Object.assign(document.createElement("span"), { textContent: digit }), ...row]);
    root.replaceChildren(...head, ...rows);
  }

  function buildCell(count, digit, given, row) {
    const share = count / Math.max(1, row.reduce((sum, value) => sum + value, 0));
    const button = buildButton(`${count} of the ${digit}s read as ${given}`, () => choose(digit, given, true));
    button.textContent = count;
    button.classList.add(digit === given ? "right" : "wrong", ...(count ? [] : ["none"]));
    button.style.setProperty("--ink", `${Math.round(digit === given ? 45 * share : Math.min(60, 400 * share))}%`);
    return button;
  }

  function choose(digit, given, tells) {
    buttons.flat().forEach((button) => button.setAttribute("aria-pressed", false));
    const button = buttons[digit]?.[given];
    button?.setAttribute("aria-pressed", true);
    for (const other of buttons.flat()) other.tabIndex = other === button ? 0 : -1;
    if (tells) report({ turn, digit, given });
  }

  function update(data, tell) {
    report = tell;
    ({ turn } = data);
    const wanted = JSON.stringify([data.counts, data.title]);
    if (wanted !== built) build(data);
    built = wanted;
    choose(...data.cell, false);
  }

  moveFocusByArrows(root, () => buttons.length);

  return { update };
}
