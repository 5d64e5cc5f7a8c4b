// needs: mosaic.js background.js prior.js ../components/names.js ../components/theme.js
// The square of two latent dimensions: its handle, moved by pointer and arrow keys, and the choices of the dimensions
// and of what is behind the handle.

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };

// `position` { z, label } is the explorer's and only read here; the next argument is how to change z (explorer.js);
// `report` tells Python what the visitor has the plane show.
export function createPlane(root, position, { begin, set, present, end }, report) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".plane");
  const handle = find(".handle");
  const mosaic = createMosaic(redraw);

  let network, theme, path, prior;
  let posterior; // q(z|x) of the image that the page is about, { mean, std }, or nothing
  let dims; // horizontal, vertical (null when z has one dimension)
  let axes; // the dimensions that a visitor or a link chose; else null: the model's own
  let background = "manifold";
  let turn; // of Python's wishes, the last one

  function adopt(published) {
    const anew = network?.meta.z_dim !== published.meta.z_dim || network.meta.level !== published.meta.level;
    network = published;
    prior = createPrior(network);
    if (anew) buildChoices();
    takeDims();
    find(".digits").hidden = !network.points;
    checkBackground();
  }

  function turnTo(wanted) {
    if (wanted.turn === turn) return;
    ({ turn, axes, background } = wanted);
    checkBackground();
    if (!network) return;
    takeDims();
    place();
    settle();
    redraw();
  }

  const tell = () => report({ axes, background, turn });

  function adoptTheme() {
    const found = themeOf(root);
    if (JSON.stringify(found) === JSON.stringify(theme)) return;
    theme = found;
    redraw();
  }

  function adoptPath(shown) {
    path = shown;
    redraw();
  }

  function adoptPosterior(shown) {
    posterior = shown;
    redraw();
  }

  // ---- the handle

  const clamp = (value) => Math.max(-network.limit, Math.min(network.limit, value));

  // The handle to where z is.
  function place() {
    const { limit } = network;
    const x = (clamp(position.z[dims[0]]) + limit) / (2 * limit);
    const y = dims[1] === null ? 0.5 : (limit - clamp(position.z[dims[1]])) / (2 * limit);
    // In hundredths of the plane's width, which nobody has to measure.
    handle.style.transform = `translate(${100 * x}cqw, ${100 * y}cqw)`;
  }

  function moveTo(event) {
    const start = performance.now();
    const { limit } = network;
    const box = canvas.getBoundingClientRect();
    set(dims[0], clamp(((event.clientX - box.left) / box.width) * 2 * limit - limit));
    if (dims[1] !== null) set(dims[1], clamp(limit - ((event.clientY - box.top) / box.height) * 2 * limit));
    present(start);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!network || event.button !== 0) return;
    begin();
    canvas.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) moveTo(event);
  });
  canvas.addEventListener("lostpointercapture", end);

  canvas.addEventListener("keydown", (event) => {
    if (!network || !(event.key in ARROWS || event.key === "Home")) return;
    event.preventDefault();
    begin();
    const start = performance.now();
    if (event.key === "Home") for (const dim of chosen()) set(dim, 0);
    else {
      const [axis, sign] = ARROWS[event.key];
      const dim = dims[axis];
      if (dim === null) return;
      set(dim, clamp(position.z[dim] + sign * (event.shiftKey ? 0.5 : 0.1)));
    }
    present(start);
  });
  canvas.addEventListener("keyup", (event) => {
    if (network && (event.key in ARROWS || event.key === "Home")) end();
  });

  // ---- the dimensions

  const chosen = () => dims.filter((dim) => dim !== null);

  function buildChoices() {
    const count = network.meta.z_dim;
    const options = () => Array.from({ length: count }, (_, i) => new Option(named(i, network.meta.level), i));
    dims = count > 1 ? [0, 1] : [0, null];
    find(".dims").hidden = count < 3;
    find("select.horizontal").replaceChildren(...options());
    find("select.vertical").replaceChildren(...options());
  }

  // The chosen dimensions, else the model's own. A model in training has none: it keeps those that were shown.
  function takeDims() {
    const count = network.meta.z_dim;
    if (count > 2) dims = [...(axes?.every((dim) => dim < count) ? axes : (network.dims ?? dims))];
    showDims();
  }

  function showDims() {
    const [horizontal, vertical] = dims;
    find("select.horizontal").value = horizontal;
    find("select.vertical").value = vertical;
    find(".axis.horizontal").textContent = `${named(horizontal, network.meta.level)} →`;
    find(".axis.vertical").textContent = vertical === null ? "" : `${named(vertical, network.meta.level)} ↑`;
    find(".axis.vertical").hidden = vertical === null;
  }

  function chooseDims(axis, dim) {
    if (dims[1 - axis] === dim) dims.reverse();
    else dims[axis] = dim;
    axes = String(dims) === String(network.dims) ? null : [...dims];
    showDims();
    place();
    settle();
    redraw();
    tell();
  }

  find("select.horizontal").addEventListener("change", (event) => chooseDims(0, Number(event.target.value)));
  find("select.vertical").addEventListener("change", (event) => chooseDims(1, Number(event.target.value)));

  // ---- what is behind the handle

  function redraw() {
    if (!network) return;
    const { meta, limit, points, labels } = network;
    const { z_dim: zDim } = meta;
    const fits = posterior?.mean.length === zDim;
    drawBackground(canvas, {
      ...{ limit, background: behind(), mosaic: mosaic.canvas, dims, points, labels, zDim, prior, path, theme },
      posterior: fits ? posterior : null,
    });
  }

  function redoMosaic() {
    if (network && behind() === "manifold") mosaic.redo(network, position, dims);
  }

  // What is there: a model in training has no digits.
  const behind = () => (background === "digits" && network && !network.points ? "manifold" : background);

  function checkBackground() {
    find(`input[name=background][value=${behind()}]`).checked = true;
    find(".means").hidden = behind() !== "manifold";
  }

  for (const radio of root.querySelectorAll("input[name=background]")) {
    radio.addEventListener("change", () => {
      background = radio.value;
      checkBackground();
      redoMosaic();
      redraw();
      tell();
    });
  }

  // z rests, or the label has changed.
  function settle() {
    canvas.setAttribute("aria-valuemin", -network.limit);
    canvas.setAttribute("aria-valuemax", network.limit);
    canvas.setAttribute("aria-valuenow", position.z[dims[0]].toFixed(2));
    const values = chosen().map((dim) => `${named(dim, network.meta.level)} ${number(position.z[dim])}`);
    canvas.setAttribute("aria-valuetext", values.join(", "));
    redoMosaic();
  }

  return { adopt, adoptTheme, adoptPath, adoptPosterior, turnTo, place, redraw, settle, stop: mosaic.stop };
}
