// A table that a press on a column's header sorts, here in the browser; Python hears of it for the address.

const tables = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let table = tables.get(parentElement);
  if (!table) tables.set(parentElement, (table = createTable(parentElement.querySelector(".lab-scroll"))));
  table.update(data, setStateValue);
}

function createTable(root) {
  const body = root.querySelector("table");
  let shows, turn, rows, sort, report;

  function update(data, setStateValue) {
    report = () => setStateValue("sort", { ...sort, turn });
    const wanted = JSON.stringify([data.columns, data.rows]);
    if (turn !== data.turn) ({ turn, sort } = data);
    else if (wanted === shows) return;
    if (wanted !== shows) build(data);
    shows = wanted;
    arrange();
  }

  function build({ label, columns, rows: texts }) {
    root.setAttribute("aria-label", label);
    const head = document.createElement("tr");
    head.append(...columns.map((column, i) => buildHeader(column, i)));
    rows = texts.map(({ cells, values, here }) => ({ values, element: buildRow(cells, here) }));
    const [thead, tbody] = [document.createElement("thead"), document.createElement("tbody")];
    thead.append(head);
    body.replaceChildren(thead, tbody);
  }

  function buildHeader({ title, about }, i) {
    const cell = document.createElement("th");
    cell.scope = "col";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    if (about) button.title = about;
    button.addEventListener("click", () => {
      sort = { column: i, descending: sort.column === i && !sort.descending };
      arrange();
      report();
    });
    cell.append(button);
    return cell;
  }

  function buildRow(cells, here) {
    const row = document.createElement("tr");
    if (here) row.className = "lab-here";
    row.append(
      ...cells.map((text, i) => {
        const cell = document.createElement(i ? "td" : "th");
        if (!i) cell.scope = "row";
        cell.textContent = text;
        return cell;
      })
    );
    return row;
  }

  // What has no value stands last either way; equal ones keep the order they came in.
  function arrange() {
    const { column, descending } = sort;
    const sign = descending ? -1 : 1;
    const compare = (a, b) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (a < b ? -1 : a > b ? 1 : 0);
    };
    const sorted = rows.toSorted((one, other) => compare(one.values[column], other.values[column]));
    body.querySelector("tbody").replaceChildren(...sorted.map((row) => row.element));
    body.querySelectorAll("thead th").forEach((cell, i) => {
      if (i === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    });
  }

  return { update };
}
