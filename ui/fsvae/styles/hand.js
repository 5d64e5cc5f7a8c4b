// needs: ../../explorer/background.js ../../explorer/prior.js ../../components/names.js ../../components/theme.js
// The plane in which a style is moved: two dimensions of z, each style at its place by its number.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
const REACH = 12; // px, how near a style a pointer takes hold of it

// `sheet` { styles, drawn, column } is only read here: z of each style as it is and as the seed drew it, and the chosen
// one. The next argument is how to change them: `choose(column)`, `set(dim, value)`, `present(since)`, `end()`.
export function createHand(root, sheet, { choose, set, present, end }) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".plane");
  const nothing = document.createElement("canvas"); // in place of a mosaic
  let network, prior, theme;
  let dims = [0, 1]; // horizontal, vertical (null when z has one dimension)
  let axes = null; // those that the visitor chose in place of the model's own
  let held = [0, 0]; // from the style to the pointer that holds it, in px

  function adopt(published) {
    const anew = network?.meta.z_dim !== published.meta.z_dim;
    network = published;
    prior = createPrior(network);
    if (anew) buildChoices();
    takeDims();
  }

  // From the next `adopt` on the plane shows these dimensions, or with null the model's own.
  const turnTo = (chosen) => (axes = chosen);

  function adoptTheme() {
    const found = { ...themeOf(root), primary: getComputedStyle(root).getPropertyValue("--st-primary-color").trim() };
    if (JSON.stringify(found) === JSON.stringify(theme)) return;
    theme = found;
    redraw();
  }

  // ---- places

  const side = () => canvas.clientWidth;
  const clamp = (value) => Math.max(-network.limit, Math.min(network.limit, value));
  const at = (z) => {
    const x = (clamp(z[dims[0]]) / network.limit + 1) / 2;
    const y = dims[1] === null ? 0.5 : (1 - clamp(z[dims[1]]) / network.limit) / 2;
    return [x * side(), y * side()];
  };
  const pointer = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  };

  // The style nearest to a place, the chosen one before others, or −1 where none is near.
  function nearest([x, y]) {
    const distances = sheet.styles.map((z, i) => Math.hypot(at(z)[0] - x, at(z)[1] - y) - (i === sheet.column ? 2 : 0));
    const least = Math.min(...distances);
    return least <= REACH ? distances.indexOf(least) : -1;
  }

  function moveTo([x, y]) {
    const start = performance.now();
    const value = (share) => clamp((2 * share - 1) * network.limit);
    set(dims[0], value((x - held[0]) / side()));
    if (dims[1] !== null) set(dims[1], -value((y - held[1]) / side()));
    present(start);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!network || event.button !== 0) return;
    const place = pointer(event);
    const found = nearest(place);
    canvas.setPointerCapture(event.pointerId);
    if (found < 0) {
      held = [0, 0];
      return moveTo(place);
    }
    if (found !== sheet.column) choose(found);
    const [x, y] = at(sheet.styles[found]);
    held = [place[0] - x, place[1] - y];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) moveTo(pointer(event));
  });
  canvas.addEventListener("lostpointercapture", end);

  canvas.addEventListener("keydown", (event) => {
    if (!network || !(event.key in STEPS)) return;
    event.preventDefault();
    event.stopPropagation();
    const [axis, sign] = STEPS[event.key];
    if (dims[axis] === null) return;
    const start = performance.now();
    set(dims[axis], clamp(sheet.styles[sheet.column][dims[axis]] + sign * (event.shiftKey ? 0.5 : 0.1)));
    present(start);
  });
  canvas.addEventListener("keyup", (event) => {
    if (network && event.key in STEPS) end();
  });

  // ---- the dimensions

  function buildChoices() {
    const count = network.meta.z_dim;
    const options = () => Array.from({ length: count }, (_, i) => new Option(named(i), i));
    find(".dims").hidden = count < 3;
    find("select.horizontal").replaceChildren(...options());
    find("select.vertical").replaceChildren(...options());
  }

  const usual = () => network.dims ?? [0, 1];

  function takeDims() {
    const count = network.meta.z_dim;
    const fits = axes?.every((dim) => dim < count);
    dims = count > 2 ? [...(fits ? axes : usual())] : [0, count > 1 ? 1 : null];
    showDims();
  }

  function showDims() {
    const [horizontal, vertical] = dims;
    find("select.horizontal").value = horizontal;
    find("select.vertical").value = vertical;
    find(".axis.horizontal").textContent = `${named(horizontal)} →`;
    find(".axis.vertical").textContent = vertical === null ? "" : `${named(vertical)} ↑`;
    find(".axis.vertical").hidden = vertical === null;
  }

  function chooseDims(axis, dim) {
    if (dims[1 - axis] === dim) dims.reverse();
    else dims[axis] = dim;
    axes = String(dims) === String(usual()) ? null : [...dims];
    showDims();
    end();
  }

  find("select.horizontal").addEventListener("change", (event) => chooseDims(0, Number(event.target.value)));
  find("select.vertical").addEventListener("change", (event) => chooseDims(1, Number(event.target.value)));

  // ---- the picture

  function redraw() {
    if (!network || !theme || !side()) return;
    const { limit, meta } = network;
    const view = { limit, background: "plain", mosaic: nothing, dims, zDim: meta.z_dim, prior, theme };
    drawBackground(canvas, view);
    const context = canvas.getContext("2d");
    Object.assign(context, { textAlign: "center", textBaseline: "middle" });
    Object.assign(context, { font: `11px ${theme.font}`, fillStyle: theme.text });
    sheet.styles.forEach((z, i) => i === sheet.column || context.fillText(i + 1, ...at(z)));
    drawChosen(context);
  }

  // The chosen style, with a line to where the seed drew it.
  function drawChosen(context) {
    const { styles, drawn, column } = sheet;
    const [to, from] = [at(styles[column]), at(drawn[column])];
    Object.assign(context, { strokeStyle: theme.primary, lineWidth: 1.5, fillStyle: theme.primary });
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    context.beginPath();
    context.arc(...from, 3, 0, 2 * Math.PI);
    context.fill();
    context.beginPath();
    context.arc(...to, 10, 0, 2 * Math.PI);
    context.fill();
    Object.assign(context, { fillStyle: theme.dark ? "#0f1218" : "#ffffff", font: `600 11px ${theme.font}` });
    context.fillText(column + 1, ...to);
  }

  // The chosen style rests.
  function describe() {
    const z = sheet.styles[sheet.column];
    const values = dims.filter((dim) => dim !== null).map((dim) => `${named(dim)} ${number(z[dim])}`);
    canvas.setAttribute("aria-valuemin", -network.limit);
    canvas.setAttribute("aria-valuemax", network.limit);
    canvas.setAttribute("aria-valuenow", z[dims[0]].toFixed(2));
    canvas.setAttribute("aria-valuetext", `style ${sheet.column + 1}: ${values.join(", ")}`);
  }

  const resized = new ResizeObserver(redraw);
  resized.observe(canvas);

  return { adopt, adoptTheme, turnTo, axes: () => axes, redraw, describe, stop: () => resized.disconnect() };
}
