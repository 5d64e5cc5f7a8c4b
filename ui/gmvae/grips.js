// What visitors do with the components: choose one in the mosaic, drag or push its mean in the plane.

const NEAR = 28; // px from a mean within which it is taken hold of
const STEP = 0.1; // of an arrow key, with Shift five times as far
const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const LENS = 84; // px of the lens over tiles that are too small to see
const SMALL = 40;

const isMove = (key) => key in DIRECTIONS || key === "Home" || key === "End";

// By pointer a click chooses, by keyboard the arrows do, and the release is told. `tiles` is what createTiles gives;
// `hand` holds ready(), count(), chosen(), choose(i), tell().
export function makeChoosable(canvas, lens, tiles, { ready, count, chosen, choose, tell }) {
  const tileAt = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    return tiles.at((clientX - box.left) / box.width, (clientY - box.top) / box.height);
  };

  canvas.addEventListener("click", (event) => {
    const i = ready() ? tileAt(event) : undefined;
    if (i === undefined) return;
    choose(i);
    tell();
  });

  canvas.addEventListener("pointermove", (event) => {
    const i = ready() && canvas.clientWidth / tiles.columns() < SMALL ? tileAt(event) : undefined;
    lens.hidden = i === undefined;
    if (lens.hidden) return;
    tiles.copy(i, lens.getContext("2d"), 0, 0, lens.width);
    const box = canvas.getBoundingClientRect();
    const left = Math.min(box.width - LENS, Math.max(0, event.clientX - box.left - LENS / 2));
    const above = event.clientY - box.top - LENS - 16;
    Object.assign(lens.style, { left: `${left}px`, top: `${above < 0 ? above + LENS + 36 : above}px` });
  });
  canvas.addEventListener("pointerleave", () => (lens.hidden = true));

  canvas.addEventListener("keydown", (event) => {
    if (!ready() || !isMove(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const [across, up] = DIRECTIONS[event.key] ?? [0, 0];
    const steps = across - up * tiles.columns();
    const to = { Home: 0, End: count() - 1 }[event.key] ?? chosen() + steps;
    if (to >= 0 && to < count()) choose(to);
  });
  canvas.addEventListener("keyup", (event) => ready() && isMove(event.key) && tell());
}

// A press chooses the nearest component, and holds its mean if that is near; the arrow keys push the chosen one's, Home
// puts it back. `hand` holds further limit(), meanOf(i) → [x, y] on the plane (y null along a single dimension),
// moveTo([x, y]) and putBack(), of the chosen one.
export function makeMovable(canvas, { ready, count, chosen, choose, limit, meanOf, moveTo, putBack, tell }) {
  let grip = null; // from the pointer to the mean that it holds

  const placeOf = ({ clientX, clientY }) => {
    const box = canvas.getBoundingClientRect();
    const across = (part) => (2 * part - 1) * limit();
    return [across((clientX - box.left) / box.width), -across((clientY - box.top) / box.height)];
  };

  function distance(i, [x, y]) {
    const [meanX, meanY] = meanOf(i);
    return Math.hypot(meanX - x, meanY === null ? 0 : meanY - y);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!ready() || event.button !== 0) return;
    const place = placeOf(event);
    const px = canvas.clientWidth / (2 * limit());
    // Where means lie close together the chosen one is the one that is meant.
    let nearest = chosen();
    if (distance(nearest, place) * px >= NEAR / 2) {
      for (let i = 0; i < count(); i++) if (distance(i, place) < distance(nearest, place)) nearest = i;
    }
    choose(nearest);
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = meanOf(nearest);
    grip = distance(nearest, place) * px < NEAR ? [x - place[0], (y ?? 0) - place[1]] : null;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grip || !canvas.hasPointerCapture(event.pointerId)) return;
    const [x, y] = placeOf(event);
    moveTo([x + grip[0], y + grip[1]]);
  });
  canvas.addEventListener("lostpointercapture", () => {
    grip = null;
    tell();
  });

  canvas.addEventListener("keydown", (event) => {
    const direction = DIRECTIONS[event.key];
    if (!ready() || !(direction || event.key === "Home")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Home") return putBack();
    const step = event.shiftKey ? 5 * STEP : STEP;
    moveTo(meanOf(chosen()).map((value, axis) => (value ?? 0) + step * direction[axis]));
  });
  canvas.addEventListener("keyup", (event) => ready() && event.key !== "End" && isMove(event.key) && tell());
}
