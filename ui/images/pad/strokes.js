// Strokes, each a list x, y, x, y, … on a field of SIDE by SIDE, drawn and as a bitmap.

const SIDE = 112;
const PEN = 10; // as MNIST's pen on a digit that fills three quarters of the pad

// White ink on `ground`.
function drawStrokes(context, strokes, ground) {
  context.fillStyle = ground;
  context.fillRect(0, 0, SIDE, SIDE);
  for (const points of strokes) drawStroke(context, points);
}

// White and round, smooth through the middles between its points.
function drawStroke(context, points) {
  Object.assign(context, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  context.beginPath();
  context.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length - 2; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    context.quadraticCurveTo(x, y, (x + points[i + 2]) / 2, (y + points[i + 3]) / 2);
  }
  // A line to where the pen already is draws nothing; this one makes a dot of a single point.
  context.lineTo(points.at(-2) + (points.length === 2 ? 0.01 : 0), points.at(-1));
  context.stroke();
}

// Returns the function that makes SIDE * SIDE bytes of strokes, 0 where there is no ink. All strokes but the last, which
// may be growing, are drawn once and kept.
function createBitmap() {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  const bitmap = new Uint8Array(SIDE * SIDE);
  let done = null; // the strokes kept
  let kept; // their pixels

  return (strokes) => {
    const before = strokes.slice(0, -1);
    if (done?.length !== before.length || before.some((stroke, i) => stroke !== done[i])) {
      drawStrokes(context, before, "#000");
      kept = context.getImageData(0, 0, SIDE, SIDE);
      done = before;
    } else {
      context.putImageData(kept, 0, 0);
    }
    if (strokes.length) drawStroke(context, strokes.at(-1));
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    for (let i = 0; i < bitmap.length; i++) bitmap[i] = data[4 * i];
    return bitmap;
  };
}
