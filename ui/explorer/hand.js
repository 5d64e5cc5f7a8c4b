// needs: background.js dimensions.js prior.js ../components/names.js ../components/theme.js
// The plane in which one of several points of a latent space is moved: two of its dimensions, each point at its place
// by its number.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
const REACH = 12; // px, how near a point a pointer takes hold of it

// `state` { points, drawn, chosen } is only read here: z of each point as it is and as the seed drew it, and which one is
// chosen. The next argument is how to change them: `choose(i)`, `set(dim, value)`, `present(since)`, `end()`; the last how
// all is called: a point is a `noun` with its `mark`, a dimension is called by `dimension`. Behind the points are the
// network's encoded images where it has such.
export function createHand(
  root,
  state,
  { choose, set, present, end },
  { noun, mark = (i) => i + 1, dimension = named },
) {
  const find = (selector) => root.querySelector(selector);
  const canvas = find(".plane");
  const nothing = document.createElement("canvas"); // in place of a mosaic
  const dimensions = createDimensions(root, end, { name: dimension });
  const dims = dimensions.shown;
  let network, prior, theme;
  let held = [0, 0]; // from the point to the pointer that holds it, in px

  function adopt(published) {
    network = published;
    prior = createPrior(network);
    dimensions.adopt(network);
  }

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

  // The point nearest to a place, the chosen one before others, or −1 where none is near.
  function nearest([x, y]) {
    const distances = state.points.map((z, i) => Math.hypot(at(z)[0] - x, at(z)[1] - y) - (i === state.chosen ? 2 : 0));
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
    if (found !== state.chosen) choose(found);
    const [x, y] = at(state.points[found]);
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
    set(dims[axis], clamp(state.points[state.chosen][dims[axis]] + sign * (event.shiftKey ? 0.5 : 0.1)));
    present(start);
  });
  canvas.addEventListener("keyup", (event) => {
    if (network && event.key in STEPS) end();
  });

  // ---- the picture

  function redraw() {
    if (!network || !theme || !side()) return;
    const { limit, meta, points, labels } = network;
    const background = points ? "digits" : "plain";
    const view = { limit, background, mosaic: nothing, points, labels, dims, zDim: meta.z_dim, prior, theme };
    drawBackground(canvas, view);
    const context = canvas.getContext("2d");
    Object.assign(context, { textAlign: "center", textBaseline: "middle" });
    state.points.forEach((z, i) => i === state.chosen || drawOther(context, i, at(z), points));
    drawChosen(context);
  }

  // A point that is not chosen: its mark, on a ground of its own where there are digits behind it.
  function drawOther(context, i, place, onDigits) {
    if (onDigits) {
      Object.assign(context, { fillStyle: theme.surface, strokeStyle: theme.text, lineWidth: 1.5 });
      context.beginPath();
      context.arc(...place, 9, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    Object.assign(context, { font: `11px ${theme.font}`, fillStyle: theme.text });
    context.fillText(mark(i), ...place);
  }

  // The chosen point, with a line to where the seed drew it.
  function drawChosen(context) {
    const { points, drawn, chosen } = state;
    const [to, from] = [at(points[chosen]), at(drawn[chosen])];
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
    context.fillText(mark(chosen), ...to);
  }

  // The chosen point rests.
  function describe() {
    const z = state.points[state.chosen];
    const values = dims.filter((dim) => dim !== null).map((dim) => `${dimension(dim)} ${number(z[dim])}`);
    canvas.setAttribute("aria-valuemin", -network.limit);
    canvas.setAttribute("aria-valuemax", network.limit);
    canvas.setAttribute("aria-valuenow", z[dims[0]].toFixed(2));
    canvas.setAttribute("aria-valuetext", `${noun} ${mark(state.chosen)}: ${values.join(", ")}`);
  }

  const resized = new ResizeObserver(redraw);
  resized.observe(canvas);

  const { turnTo, axes } = dimensions;
  return { adopt, adoptTheme, turnTo, axes, redraw, describe, stop: () => resized.disconnect() };
}
