// needs: ../../components/base64.js ../../explorer/registry.js strokes.js framing.js framed.js
// A pad to draw on. With every move of the pen the drawing is framed, shown as the model sees it and told to those who
// follow the slot; at the end of each stroke Python is told all strokes and the bitmap that they make.

const STEP = 3; // of an arrow key
const BIG_STEP = 12;
const NEAR = 0.7; // points closer than this add nothing
const EMPTY = "#0b0d12";
const CLEAR = "The pad is clear. Until you draw again, the page shows your last drawing.";
const pads = new WeakMap();
// For benchmarks: the last times from a move of the pen to all that follows it.
const timings = (globalThis.__vaelab_pen ??= { ms: new Float32Array(4096), count: 0 });

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  if (!pad) pads.set(parentElement, (pad = createPad(parentElement.querySelector(".pad"), data.strokes)));
  pad.update(data, (drawing) => setStateValue("drawing", { ...drawing, occasion: data.occasion }));
  return () => {
    pad.unmount();
    pads.delete(parentElement);
  };
}

function createPad(root, given) {
  const canvas = root.querySelector(".field canvas");
  const context = canvas.getContext("2d");
  const status = root.querySelector(".status");
  const undoButton = root.querySelector(".undo");
  const clearButton = root.querySelector(".clear");
  const framed = createFramed(root.querySelector(".framed"));
  const bitmapOf = createBitmap();
  const strokes = given.map((stroke) => Array.from(stroke));
  let report, occasion, slot;
  let stroke = null; // the one being drawn
  let pointer = null;
  let pen = null; // where the keyboard's pen is, once it was moved
  let frame = 0;
  let changed = false; // since the drawing was last framed

  const resized = new ResizeObserver(() => {
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (width && width !== canvas.width) {
      canvas.width = canvas.height = width;
      paint();
    }
  });
  resized.observe(canvas);

  function paint() {
    const start = performance.now();
    frame = 0;
    const scale = canvas.width / SIDE;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    drawStrokes(context, strokes, EMPTY);
    if (pen && root.getRootNode().activeElement === canvas) drawPen(context, pen, stroke !== null);
    root.classList.toggle("empty", strokes.length === 0);
    undoButton.disabled = clearButton.disabled = strokes.length === 0;
    if (!changed) return;
    show();
    timings.ms[timings.count++ % timings.ms.length] = performance.now() - start;
  }

  function show() {
    changed = false;
    const bitmap = bitmapOf(strokes);
    const ink = frameInk(bitmap, SIDE, SIDE);
    framed.draw(ink);
    if (slot) showDrawing(slot, { ink, down: stroke !== null });
    return bitmap;
  }

  const repaint = () => (frame ||= requestAnimationFrame(paint));

  function begin(x, y) {
    strokes.push((stroke = [x, y]));
    changed = true;
    repaint();
  }

  function extend(x, y) {
    if (Math.hypot(x - stroke.at(-2), y - stroke.at(-1)) < NEAR) return;
    stroke.push(x, y);
    changed = true;
    repaint();
  }

  function end() {
    if (!stroke) return;
    stroke = null;
    repaint();
    tell();
  }

  const tell = () => report({ strokes, bitmap: toBase64(show()) });

  function undo() {
    if (!strokes.length) return;
    stroke = pointer = null;
    strokes.pop();
    status.textContent = `Undone; ${strokes.length} strokes left.`;
    repaint();
    tell();
  }

  function clear() {
    stroke = pointer = null;
    strokes.length = 0;
    status.textContent = "Cleared.";
    repaint();
    tell();
  }

  // ---- mouse, finger, pen: one at a time

  const round = (value) => Math.round(10 * Math.max(0, Math.min(SIDE, value))) / 10;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [round(((event.clientX - box.left) / box.width) * SIDE), round(((event.clientY - box.top) / box.height) * SIDE)];
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    end();
    pen = null;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    begin(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) extend(...at(move));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      end();
    });
  }

  // ---- keyboard

  canvas.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey } = event;
    if ((ctrlKey || metaKey) && key.toLowerCase() === "z") undo();
    else if (key === " ") event.repeat || liftOrLower();
    else if (key.startsWith("Arrow")) movePen(key, shiftKey ? BIG_STEP : STEP);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("focus", repaint);
  canvas.addEventListener("blur", () => {
    if (pointer === null) end();
    repaint();
  });

  function liftOrLower() {
    pen ??= [SIDE / 2, SIDE / 2];
    if (stroke) end();
    else begin(...pen);
    status.textContent = stroke ? "Pen down." : "Pen up.";
  }

  function movePen(key, step) {
    const [x, y] = pen ?? [SIDE / 2, SIDE / 2];
    const across = { ArrowLeft: -step, ArrowRight: step }[key] ?? 0;
    const down = { ArrowUp: -step, ArrowDown: step }[key] ?? 0;
    pen = [round(x + across), round(y + down)];
    if (stroke) extend(...pen);
    repaint();
  }

  undoButton.addEventListener("click", undo);
  clearButton.addEventListener("click", clear);

  return {
    update(data, tellPython) {
      report = tellPython;
      ({ slot } = data);
      if (data.occasion !== occasion) {
        occasion = data.occasion;
        framed.begin(data.framed && fromBase64(data.framed));
      }
      framed.describe({ ...data, clear: CLEAR });
      repaint();
    },
    unmount() {
      resized.disconnect();
      cancelAnimationFrame(frame);
      if (slot) showDrawing(slot, { ink: null, down: false });
    },
  };
}

// A ring where the keyboard's pen is, filled while it is down.
function drawPen(context, [x, y], down) {
  context.beginPath();
  context.arc(x, y, PEN / 2, 0, 2 * Math.PI);
  Object.assign(context, { lineWidth: 1.5, strokeStyle: "#E69F00", fillStyle: "#E69F00" });
  if (down) context.fill();
  context.stroke();
}
