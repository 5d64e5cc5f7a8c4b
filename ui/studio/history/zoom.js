// Which part of the axis all charts show: from a drag across one of them, by keys, or all of it.

const LEAST_DRAG = 6; // pixels; less is a click
const LEAST_PART = 1e-3; // of the whole axis

function createZoom(svg, changed) {
  let part = null; // { from, to } in units of the axis, or null for all of it
  let axes = null;
  let drag = null; // { from, to } in pixels

  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  function show(from, to) {
    const width = clamp(to - from, LEAST_PART * axes.end, axes.end);
    const start = clamp((from + to - width) / 2, 0, axes.end - width);
    part = width < axes.end ? { from: start, to: start + width } : null;
    changed();
  }

  // Twice as near, or half, about a place of the axis.
  const by = (factor, about) =>
    show(about - (about - axes.from) / factor, about + (axes.to - about) / factor);

  // Moved so far that a place is in sight.
  function reveal(x) {
    if (part && (x < part.from || x > part.to)) show(x - (part.to - part.from) / 2, x + (part.to - part.from) / 2);
  }

  function drawBand() {
    const band = svg.querySelector(".band");
    const isDrag = drag && Math.abs(drag.to - drag.from) >= LEAST_DRAG;
    band.setAttribute("visibility", isDrag ? "visible" : "hidden");
    if (!isDrag) return;
    const sides = { x: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from), y: axes.above, height: axes.below - axes.above };
    for (const [name, value] of Object.entries(sides)) band.setAttribute(name, value);
  }

  const at = (event) => clamp(event.clientX - svg.getBoundingClientRect().left, axes.x(axes.from), axes.x(axes.to));

  svg.addEventListener("pointerdown", (event) => {
    if (!axes || event.button !== 0) return;
    drag = { from: at(event), to: at(event) };
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.to = at(event);
    drawBand();
  });
  svg.addEventListener("pointerup", () => {
    const ended = drag;
    drag = null;
    drawBand();
    if (!ended || Math.abs(ended.to - ended.from) < LEAST_DRAG) return;
    const [from, to] = [Math.min(ended.from, ended.to), Math.max(ended.from, ended.to)].map(axes.valueAt);
    show(from, to);
  });
  svg.addEventListener("pointercancel", () => {
    drag = null; // the finger scrolls the page
    drawBand();
  });
  svg.addEventListener("dblclick", () => all());

  function all() {
    part = null;
    changed();
  }

  return {
    all,
    by,
    reveal,
    get part() {
      return part;
    },
    // The part, unless the axis has come to end before it.
    upTo(end) {
      if (part && part.to > end * (1 + 1e-9)) part = null;
      return part;
    },
    // What is shown now: the whole axis ends at `end`.
    on(shown) {
      axes = shown;
    },
    forget() {
      part = null;
    },
  };
}
