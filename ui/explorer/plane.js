// needs: mosaic.js background.js dimensions.js prior.js ../components/names.js ../components/theme.js
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
  const dimensions = createDimensions(root, chooseDims, { name: (i) => named(i, network.meta.level) });
  const dims = dimensions.shown;

  let network, theme, path, prior;
  let posterior; // q(z|x) of the image that the page is about, { mean, std }, or nothing
  let background = "manifold";
  let turn; // of Python's wishes, the last one

  function adopt(published) {
    network = published;
    prior = createPrior(network);
    dimensions.adopt(network);
    find(".digits").hidden = !network.points;
    checkBackground();
  }

  function turnTo(wanted) {
    if (wanted.turn === turn) return;
    ({ turn, background } = wanted);
    dimensions.turnTo(wanted.axes);
    checkBackground();
    if (network) showDims();
  }

  // Other dimensions are shown.
  function showDims() {
    place();
    settle();
    redraw();
  }

  const tell = () => report({ axes: dimensions.axes(), background, turn });

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

  function chooseDims() {
    showDims();
    tell();
  }

  // ---- the handle

  const chosen = () => dims.filter((dim) => dim !== null);
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
