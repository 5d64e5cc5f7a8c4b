// needs: mosaic.js ../components/theme.js
// What is behind the handle on the plane: the mosaic or the digits, guides and a path, drawn on a canvas.

// Draws the background of the plane. `view` holds: limit (the plane spans ±limit), background ("manifold", "digits"
// or "plain"), mosaic (its canvas), dims [horizontal, vertical or null], points, labels, zDim, prior (as
// `createPrior` gives it), path ({ from, to } or nothing), posterior ({ mean, std } or nothing), theme.
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
  if (view.posterior) drawPosterior(context, view, toX, toY, onMosaic);
  if (view.path?.from.length === view.zDim) drawPath(context, view, toX, toY, onMosaic);
}

function drawMosaic(context, { mosaic, dims }, side) {
  if (!mosaic.width) return;
  const height = dims[1] === null ? side / CELLS : side;
  context.imageSmoothingQuality = "high";
  context.drawImage(mosaic, 0, (side - height) / 2, side, height);
}

function drawGuides(context, { limit, dims, zDim, prior, theme }, side, toX, toY, onMosaic) {
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
  const [horizontal, vertical] = dims;
  const density = vertical === null && prior.density(horizontal);
  const ellipses = vertical === null ? [] : prior.ellipses(dims);
  context.globalAlpha = onMosaic ? 0.55 : 0.4;
  context.setLineDash([3, 4]);
  context.beginPath();
  if (density) traceDensity(context, density, limit, side, toX, toY);
  for (const { x, y, rx, ry } of ellipses) traceEllipse(context, x, y, rx, ry, toX, toY);
  context.stroke();
  context.setLineDash([]);
  if (prior.dots && vertical !== null) {
    for (let at = 0; at < prior.dots.length; at += zDim) {
      context.fillRect(toX(prior.dots[at + horizontal]) - 1, toY(prior.dots[at + vertical]) - 1, 2, 2);
    }
  }
  context.globalAlpha = onMosaic ? 0.9 : 0.6;
  context.font = `11px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const { x, y, rx, ry, label } of ellipses) {
    const [labelX, labelY] = [toX(x + rx * Math.SQRT1_2), toY(y + ry * Math.SQRT1_2)];
    if (label) haloText(context, label, labelX, labelY, onMosaic ? "#0b0d12" : theme.surface);
  }
  context.globalAlpha = 1;
}

function traceDensity(context, density, limit, side, toX, toY) {
  const height = 0.36 * side;
  const base = toY(0) - side / CELLS / 2;
  const values = Array.from({ length: 201 }, (_, i) => (i / 100 - 1) * limit);
  const top = Math.max(1, ...values.map(density));
  for (const z of values) context.lineTo(toX(z), base - (height * density(z)) / top);
}

function traceEllipse(context, x, y, rx, ry, toX, toY) {
  const [width, height] = [toX(rx) - toX(0), toY(0) - toY(ry)];
  context.moveTo(toX(x) + width, toY(y));
  context.ellipse(toX(x), toY(y), width, height, 0, 0, 2 * Math.PI);
}

// q(z|x) of the image: its ellipses of one and two standard deviations, on a line where z has but one dimension.
function drawPosterior(context, { posterior: { mean, std }, dims, theme }, toX, toY, onMosaic) {
  const [horizontal, vertical] = dims;
  const trace = (colour, width) => {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.beginPath();
    for (const sigmas of [1, 2]) {
      const rx = sigmas * std[horizontal];
      if (vertical === null) {
        for (const end of [-rx, rx]) {
          context.moveTo(toX(mean[horizontal] + end), toY(0) - 8);
          context.lineTo(toX(mean[horizontal] + end), toY(0) + 8);
        }
      } else traceEllipse(context, mean[horizontal], mean[vertical], rx, sigmas * std[vertical], toX, toY);
    }
    context.stroke();
  };
  trace(onMosaic ? "#0b0d12" : theme.surface, 4);
  trace(theme.kl, 2);
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
