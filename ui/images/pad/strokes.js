// Strokes, each a list x, y, x, y, … on a field of SIDE by SIDE, drawn and as a bitmap.

const SIDE = 112;
const PEN = 10; // as MNIST's pen on a digit that fills three quarters of the pad

// White ink on `ground`: round strokes, smooth through the middles between their points.
function drawStrokes(context, strokes, ground) {
  context.fillStyle = ground;
  context.fillRect(0, 0, SIDE, SIDE);
  Object.assign(context, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  for (const points of strokes) {
    context.beginPath();
    context.moveTo(points[0], points[1]);
    for (let i = 2; i < points.length - 2; i += 2) {
      const [x, y, nextX, nextY] = points.slice(i, i + 4);
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    // A line to where the pen already is draws nothing; this one makes a dot of a single point.
    context.lineTo(points.at(-2) + (points.length === 2 ? 0.01 : 0), points.at(-1));
    context.stroke();
  }
}

// Returns the function that makes SIDE * SIDE bytes of strokes, 0 where there is no ink: the same ones at every call.
function createBitmap() {
  const context = new OffscreenCanvas(SIDE, SIDE).getContext("2d", { willReadFrequently: true });
  const bitmap = new Uint8Array(SIDE * SIDE);
  return (strokes) => {
    drawStrokes(context, strokes, "#000");
    const { data } = context.getImageData(0, 0, SIDE, SIDE);
    for (let i = 0; i < bitmap.length; i++) bitmap[i] = data[4 * i];
    return bitmap;
  };
}
