// needs: mosaic.js ../components/theme.js
// What is behind the handle on the plane: the mosaic or the digits, guides and a path, drawn on a canvas.

// Draws the background of the plane. `view` holds: limit (the plane spans ±limit), background ("manifold", "digits"
// or "plain"), mosaic (its canvas), dims [horizontal, vertical or null], points, labels, zDim, prior (whether z has a
// standard normal prior to draw), path ({ from, to } or nothing), theme.
export function drawBackground(canvas, view) {
  const side = canvas.clientWidth;
  if (!side) return;
  const scale = globalThis.devicePixelRatio || 1;
  const pixels = Math.round(side * scale);
  if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  const onMosaic = view.background === "manifold";
  context.fillStyle = onMosaic ? "#0b0d12" : view.theme.surface;
  context.fillRect(0, 0, side, side);
  const toX = (value) => ((value + view.limit) / (2 * view.limit)) * side;
  const toY = (value) => side - toX(value);
  if (onMosaic) drawMosaic(context, view, side);
  drawGuides(context, view, side, toX, toY, onMosaic);
  if (view.background === "digits" && view.points) drawDigits(context, view, toX, toY);
  if (view.path?.from.length === view.zDim) drawPath(context, view, toX, toY, onMosaic);
}

function drawMosaic(context, { mosaic, dims }, side) {
  if (!mosaic.width) return;
  const height = dims[1] === null ? side / CELLS : side;
  context.imageSmoothingQuality = "high";
  context.drawImage(mosaic, 0, (side - height) / 2, side, height);
}

function drawGuides(context, { limit, dims, prior, theme }, side, toX, toY, onMosaic) {
  const line = onMosaic ? "#ffffff" : theme.text;
  context.strokeStyle = line;
  context.fillStyle = line;
  context.lineWidth = 1;
  context.globalAlpha = onMosaic ? 0.3 : 0.2;
  context.beginPath();
  context.moveTo(0, toY(0));
  context.lineTo(side, toY(0));
  if (dims[1] !== null) {
    context.moveTo(toX(0), 0);
    context.lineTo(toX(0), side);
  }
  context.stroke();
  if (prior) {
    context.globalAlpha = onMosaic ? 0.55 : 0.4;
    context.setLineDash([3, 4]);
    context.beginPath();
    if (dims[1] === null) traceDensity(context, limit, side, toX, toY);
    else {
      for (const sigmas of [1, 2]) {
        const radius = toX(sigmas) - toX(0);
        context.moveTo(toX(0) + radius, toY(0));
        context.arc(toX(0), toY(0), radius, 0, 2 * Math.PI);
      }
    }
    context.stroke();
    context.setLineDash([]);
    if (dims[1] !== null) {
      context.globalAlpha = onMosaic ? 0.9 : 0.6;
      context.font = `11px ${theme.font}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const sigmas of [1, 2]) {
        const offset = (toX(sigmas) - toX(0)) * Math.SQRT1_2;
        haloText(context, `${sigmas}σ`, toX(0) + offset, toY(0) - offset, onMosaic ? "#0b0d12" : theme.surface);
      }
    }
  }
  context.globalAlpha = 1;
}

function traceDensity(context, limit, side, toX, toY) {
  const height = 0.36 * side;
  const base = toY(0) - side / CELLS / 2;
  for (let z = -limit; z <= limit; z += limit / 100) {
    context.lineTo(toX(z), base - height * Math.exp(-0.5 * z * z));
  }
}

function haloText(context, text, x, y, halo) {
  context.save();
  context.lineWidth = 3;
  context.strokeStyle = halo;
  context.strokeText(text, x, y);
  context.restore();
  context.fillText(text, x, y);
}

function drawDigits(context, { points, labels, zDim, dims, theme }, toX, toY) {
  context.font = `600 11px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < labels.length; i++) {
    context.fillStyle = digitColour(labels[i], theme.dark);
    const y = dims[1] === null ? 0 : points[i * zDim + dims[1]];
    context.fillText(labels[i], toX(points[i * zDim + dims[0]]), toY(y));
  }
}

// A straight line in the latent space is one on the plane too, whichever dimensions it shows.
function drawPath(context, { path, dims, theme }, toX, toY, onMosaic) {
  const point = (z) => [toX(z[dims[0]]), dims[1] === null ? toY(0) : toY(z[dims[1]])];
  const ends = [point(path.from), point(path.to)];
  const trace = (colour, width) => {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(...ends[0]);
    context.lineTo(...ends[1]);
    context.stroke();
    for (const [x, y] of ends) {
      context.beginPath();
      context.arc(x, y, 3 + width / 2, 0, 2 * Math.PI);
      context.fill();
    }
  };
  trace(onMosaic ? "#0b0d12" : theme.surface, 6);
  trace(onMosaic ? "#ffffff" : theme.text, 2);
}
