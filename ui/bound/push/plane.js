// needs: gaussian.js ../../explorer/prior.js ../../components/theme.js
// The window on the plane: the posterior as a density, the prior's rings, q as ellipses of one and two widths.

const PIXELS = 176; // of the density's picture, along a side
export const NEAREST = 26; // px from its centre that a handle of q stands at least, else on its ring of two widths

// Returns { paint(window, logJoint, highest), draw({ window, q, side }, prior, theme, mark) }: `paint` makes the density's picture from
// log p(x, z), `draw` puts it with all else on the canvas,
// `side` px wide, and a ring around `mark`, if any. A window is { centre, half } in units of z.
export function createView(canvas) {
  const density = document.createElement("canvas");
  density.width = density.height = PIXELS;
  const ink = density.getContext("2d");
  const bitmap = ink.createImageData(PIXELS, PIXELS);

  // Brightness goes with the root of the density, so that its flanks are seen.
  function paint({ centre, half }, logJoint, highest) {
    const step = (2 * half) / PIXELS;
    for (let row = 0, at = 0; row < PIXELS; row++) {
      const z2 = centre[1] + half - (row + 0.5) * step;
      for (let column = 0; column < PIXELS; column++, at += 4) {
        const level = Math.min(1, Math.exp(0.5 * (logJoint(centre[0] - half + (column + 0.5) * step, z2) - highest)));
        bitmap.data[at] = 11 + 244 * level;
        bitmap.data[at + 1] = 13 + 242 * level;
        bitmap.data[at + 2] = 18 + 237 * level;
        bitmap.data[at + 3] = 255;
      }
    }
    ink.putImageData(bitmap, 0, 0);
  }

  function draw({ window, q, side }, prior, theme, mark) {
    if (!side) return;
    const scale = globalThis.devicePixelRatio || 1;
    const pixels = Math.round(side * scale);
    if (canvas.width !== pixels) canvas.width = canvas.height = pixels;
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(density, 0, 0, side, side);
    const { toX, toY, perUnit } = toPixels(window, side);
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1;
    context.globalAlpha = 0.28;
    line(context, toX(0), 0, toX(0), side);
    line(context, 0, toY(0), side, toY(0));
    context.globalAlpha = 0.5;
    context.setLineDash([3, 4]);
    for (const { x, y, rx, ry } of prior.ellipses([0, 1])) {
      if (Math.max(rx, ry) * perUnit > 20 * side) continue;
      context.beginPath();
      context.ellipse(toX(x), toY(y), rx * perUnit, ry * perUnit, 0, 0, 2 * Math.PI);
      context.stroke();
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
    if (mark) circle(context, toX(mark[0]), toY(mark[1]), 12);
    for (const [colour, width] of [["#0b0d12", 4.5], [theme.kl, 2]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: width });
      for (const sigmas of [1, 2]) {
        context.beginPath();
        const [rx, ry] = q.std.map((std) => Math.max(1, sigmas * std * perUnit));
        context.ellipse(toX(q.mean[0]), toY(q.mean[1]), rx, ry, -q.angle, 0, 2 * Math.PI);
        context.stroke();
      }
    }
  }

  return { paint, draw };
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

function circle(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
}

export function toPixels({ centre, half }, side) {
  const perUnit = side / (2 * half);
  return {
    perUnit,
    toX: (value) => side / 2 + (value - centre[0]) * perUnit,
    toY: (value) => side / 2 - (value - centre[1]) * perUnit,
    fromX: (x) => centre[0] + (x - side / 2) / perUnit,
    fromY: (y) => centre[1] - (y - side / 2) / perUnit,
  };
}

// The window that holds all of the [centre, reach] pairs, with room around.
export function windowAround(parts, limit) {
  const low = [0, 1].map((d) => Math.min(...parts.map(([centre, reach]) => centre[d] - reach[d])));
  const high = [0, 1].map((d) => Math.max(...parts.map(([centre, reach]) => centre[d] + reach[d])));
  const half = Math.max(0.04, 0.58 * Math.max(high[0] - low[0], high[1] - low[1]));
  return half > limit ? { centre: [0, 0], half: limit } : { centre: low.map((value, d) => (value + high[d]) / 2), half };
}
