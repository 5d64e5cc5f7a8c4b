// needs: ../explorer/painter.js ../components/idle.js
// The components of a mixture as one canvas of small images, each decoded at its mean; hundreds of them in idle time.

const FULL = 0.5; // of an equal share; components with less are the fainter the less they have
const FAINTEST = 0.7; // how much of a tile without any is covered
const LEGIBLE = 26; // px of a tile from which on it has a number

// Returns the part that draws on `canvas`; `onProgress(done)` is called now and then while the tiles are decoded.
export function createTiles(canvas, onProgress) {
  const small = document.createElement("canvas"); // a pixel for a pixel
  const context = small.getContext("2d");
  const tile = document.createElement("canvas");
  const work = createIdleWork((i) => paint(i), onProgress);
  let network, painter, noise, means, tileSize;
  let [columns, rows, count] = [1, 1, 0];

  // Begins anew with the components at `at`, one mean after the other.
  function adopt(published, shownNoise, at) {
    [network, noise, means] = [published, shownNoise, at];
    painter = createPainter(network);
    count = means.length / network.meta.z_dim;
    columns = Math.ceil(Math.sqrt(count));
    rows = Math.ceil(count / columns);
    const [, height, width] = network.meta.image_shape;
    tileSize = { width, height };
    if (small.width !== columns * width || small.height !== rows * height) {
      [small.width, small.height] = [columns * width, rows * height];
    }
    canvas.style.aspectRatio = `${columns * width} / ${rows * height}`;
    work.start(count, 0);
  }

  // Decodes one anew, at once.
  function paint(i) {
    if (!network.layers) return;
    const { z_dim: dim } = network.meta;
    painter.paint(tile, means.subarray(i * dim, (i + 1) * dim), 0, noise);
    context.drawImage(tile, (i % columns) * tileSize.width, Math.floor(i / columns) * tileSize.height);
  }

  // Tile i as it is, on another canvas.
  function copy(i, target, x, y, width) {
    const { width: w, height: h } = tileSize;
    target.imageSmoothingEnabled = width < w;
    target.drawImage(small, (i % columns) * w, Math.floor(i / columns) * h, w, h, x, y, width, (width * h) / w);
  }

  // The tiles with what is known of them: the shares and responsibilities of all (or nothing), the Set of those moved.
  function draw({ chosen, shares, responsibilities, moved, theme }) {
    const width = canvas.clientWidth;
    if (!width || !network) return;
    const scale = globalThis.devicePixelRatio || 1;
    const height = (width * rows * tileSize.height) / (columns * tileSize.width);
    const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const target = canvas.getContext("2d");
    target.setTransform(scale, 0, 0, scale, 0, 0);
    target.imageSmoothingEnabled = width / columns < tileSize.width;
    target.imageSmoothingQuality = "high";
    target.fillStyle = "#0b0d12";
    target.fillRect(0, 0, width, height);
    target.drawImage(small, 0, 0, width, height);
    const [tileWidth, tileHeight] = [width / columns, height / rows];
    for (let i = 0; i < count; i++) {
      const [x, y] = [(i % columns) * tileWidth, Math.floor(i / columns) * tileHeight];
      const lack = shares ? 1 - (shares[i] * count) / FULL : 0;
      if (lack > 0) {
        target.fillStyle = `rgb(11 13 18 / ${FAINTEST * lack})`;
        target.fillRect(x, y, tileWidth, tileHeight);
      }
      if (responsibilities?.[i] > 0.02) {
        const thick = Math.max(2, tileWidth / 20);
        target.fillStyle = theme.kl;
        target.fillRect(x + 1, y + tileHeight - thick - 1, (tileWidth - 2) * responsibilities[i], thick);
      }
      if (tileWidth >= LEGIBLE) label(target, i, x, y, moved.has(i), theme);
    }
    const [left, top] = [(chosen % columns) * tileWidth, Math.floor(chosen / columns) * tileHeight];
    ring(target, left, top, tileWidth, tileHeight, theme);
  }

  function label(target, i, x, y, isMoved, theme) {
    target.font = `600 11px ${theme.font}`;
    Object.assign(target, { textAlign: "left", textBaseline: "top", fillStyle: "#c3cad6" });
    target.fillText(`${i + 1}${isMoved ? " moved" : ""}`, x + 4, y + 4);
  }

  function ring(target, x, y, width, height, theme) {
    for (const [colour, line] of [["#0b0d12", 5], [theme.primary, 3]]) {
      Object.assign(target, { strokeStyle: colour, lineWidth: line });
      target.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
    }
  }

  // The component at a place of the canvas, in parts of its width and height; nothing where there is none.
  function at(right, down) {
    const [column, row] = [Math.floor(right * columns), Math.floor(down * rows)];
    const i = row * columns + column;
    return column >= 0 && column < columns && i >= 0 && i < count ? i : undefined;
  }

  return { adopt, paint, copy, draw, at, columns: () => columns, stop: work.stop };
}
