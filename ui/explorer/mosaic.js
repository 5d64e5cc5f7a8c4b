// needs: decoder.js rgba.js ../components/idle.js
// The manifold as a mosaic of images on a canvas of its own, decoded over the plane's two dimensions in idle time.

const CELLS = 15; // decoded images per side of the manifold
const QUIET_MS = 150; // a new z has been painted, and the page around it, before the mosaic begins

// Calls `onProgress` now and then while it decodes.
export function createMosaic(onProgress) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  let decodeCell;
  let shows = ""; // what it was decoded from, or is being decoded from
  const work = createIdleWork((i) => decodeCell(i), onProgress);

  // Begins anew, unless this is what it shows: a single row where the vertical one of `dims` is null.
  function redo(network, { z, label }, dims) {
    const { meta, limit } = network;
    const place = Float32Array.from(z, (value, i) => (dims.includes(i) ? 0 : value));
    const wanted = [meta.version, label, limit, ...dims, ...place].join();
    if (wanted === shows || !network.layers) return;
    shows = wanted;
    const [horizontal, vertical] = dims;
    const rows = vertical === null ? 1 : CELLS;
    const [, height, width] = meta.image_shape;
    if (canvas.width !== CELLS * width || canvas.height !== rows * height) {
      canvas.width = CELLS * width;
      canvas.height = rows * height;
    }
    const decoder = createDecoder(network);
    const cell = new ImageData(width, height);
    const centre = (i) => limit * ((2 * i + 1) / CELLS - 1);
    decodeCell = (i) => {
      const column = i % CELLS;
      const row = Math.floor(i / CELLS);
      place[horizontal] = centre(column);
      if (vertical !== null) place[vertical] = -centre(row);
      toRGBA(decoder.decode(place, label), meta.image_shape, cell.data);
      context.putImageData(cell, column * width, row * height);
    };
    work.start(CELLS * rows, QUIET_MS);
  }

  return { canvas, redo, stop: work.stop };
}
