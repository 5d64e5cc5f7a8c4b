// needs: ../components/names.js
// Which two dimensions of a latent a plane shows: those that the visitor or a link chose, else the model's own.

// `changed` is called when the visitor has chosen. A dimension is called by `name`; where the lists to choose from stand
// at the axes themselves (`atAxes`) they have arrows, and no other names stand there. Returns { shown, axes, adopt,
// turnTo }: `shown` is one array for good, horizontal and vertical (null where the latent has but one dimension), axes()
// those that were chosen (null: the model's own).
export function createDimensions(root, changed, { name = named, atAxes = false } = {}) {
  const ofBoth = (selector) => ["horizontal", "vertical"].map((side) => root.querySelector(`${selector}.${side}`));
  const [lists, texts] = [ofBoth("select"), ofBoth(".axis")];
  const shown = [0, null];
  let network, listed;
  let axes = null;

  function adopt(published) {
    network = published;
    const count = network.meta.z_dim;
    const names = Array.from({ length: count }, (_, i) => name(i));
    if (listed !== String(names)) list(names);
    // A model in training has none of its own: it keeps those that were shown.
    if (count > 2) Object.assign(shown, axes?.every((dim) => dim < count) ? axes : network.dims);
    show();
  }

  function list(names) {
    listed = String(names);
    Object.assign(shown, [0, names.length > 1 ? 1 : null]);
    root.querySelector(".dims").hidden = names.length < 3;
    lists.forEach((select, axis) => {
      const options = names.map((text, i) => new Option(atAxes ? arrowed(text, axis) : text, i));
      select.replaceChildren(...options);
    });
  }

  const arrowed = (text, axis) => `${text} ${"→↑"[axis]}`;

  function show() {
    shown.forEach((dim, axis) => {
      lists[axis].value = dim;
      texts[axis].textContent = dim === null ? "" : arrowed(name(dim), axis);
      texts[axis].hidden = dim === null || (atAxes && network.meta.z_dim > 2);
    });
  }

  // With null the model's own.
  function turnTo(chosen) {
    axes = chosen;
    if (network) adopt(network);
  }

  function choose(axis, dim) {
    if (shown[1 - axis] === dim) shown.reverse();
    else shown[axis] = dim;
    axes = String(shown) === String(network.dims) ? null : [...shown];
    show();
    changed();
  }

  lists.forEach((select, axis) => select.addEventListener("change", () => choose(axis, Number(select.value))));

  return { shown, axes: () => axes, adopt, turnTo };
}
