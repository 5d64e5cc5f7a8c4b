// needs: ../components/names.js
// Which two dimensions a plane shows, and which density behind them.

// `changed` is called when the visitor has chosen. Returns { adopt, turnTo, dims, axes, behind }: the dimensions shown
// (vertical null where z has but one), those that were chosen (null: the model's own), and the density's name.
export function createChoices(root, changed) {
  const find = (selector) => root.querySelector(selector);
  let network;
  let axes = null;
  let behind = "mixture";
  let dims = [0, null];

  // A model's dimensions, or those that were chosen where it has them.
  function adopt(published) {
    network = published;
    const count = network.meta.z_dim;
    const usual = network.dims ?? (count > 1 ? [0, 1] : [0, null]);
    dims = count > 2 && axes?.every((d) => d < count) ? [...axes] : [...usual];
    find(".dims").hidden = count < 3;
    find(".aggregate").hidden = !network.points;
    for (const [axis, name] of ["horizontal", "vertical"].entries()) {
      const select = find(`select.${name}`);
      const options = () => Array.from({ length: count }, (_, i) => new Option(`${named(i)} ${"→↑"[axis]}`, i));
      if (select.length !== count) select.replaceChildren(...options());
      if (dims[axis] !== null) select.value = dims[axis];
      find(`.axis.${name}`).textContent = dims[axis] === null ? "" : `${named(dims[axis])} ${"→↑"[axis]}`;
      find(`.axis.${name}`).hidden = dims[axis] === null || count > 2;
    }
    find(`input[value=${shownBehind()}]`).checked = true;
  }

  function turnTo(wanted) {
    ({ axes, behind } = wanted);
    if (network) adopt(network);
  }

  // A model in training has no codes of test images.
  const shownBehind = () => (behind === "aggregate" && !network?.points ? "mixture" : behind);

  for (const [axis, name] of ["horizontal", "vertical"].entries()) {
    find(`select.${name}`).addEventListener("change", ({ target }) => {
      const d = Number(target.value);
      if (dims[1 - axis] === d) dims.reverse();
      else dims[axis] = d;
      axes = String(dims) === String(network.dims) ? null : [...dims];
      adopt(network);
      changed();
    });
  }
  for (const radio of root.querySelectorAll("input[name=behind]")) {
    radio.addEventListener("change", () => {
      behind = radio.value;
      changed();
    });
  }

  return { adopt, turnTo, dims: () => dims, axes: () => axes, behind: shownBehind };
}
