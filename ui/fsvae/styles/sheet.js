// needs: ../../explorer/many.js ../../explorer/painter.js ../../explorer/grid.js
// The grid: a row for each label, a column for each style, on canvases of as many columns as a phone can show.

export const COLUMNS = 20;
const ACROSS = 10; // columns to a canvas

// Returns { adopt(network, show, seed), paint(styles, columns, chosen), choose(column), mark(moved), save(name) }; a
// column that the visitor chooses is told to `onChoice`.
export function createSheet(place, large, onChoice) {
  let meta, decode, cell;

  const blocks = Array.from({ length: COLUMNS / ACROSS }, (_, block) => {
    const node = Object.assign(document.createElement("div"), { className: "block" });
    const canvas = Object.assign(document.createElement("canvas"), { role: "img" });
    node.style.setProperty("--across", ACROSS);
    node.append(canvas, ...Array.from({ length: ACROSS }, (_, i) => buildColumn(block * ACROSS + i)));
    return node;
  });
  place.replaceChildren(...blocks);
  const canvases = blocks.map((block) => block.firstChild);
  const buttons = Array.from(place.querySelectorAll("button"));
  buttons[0].tabIndex = 0;
  moveFocusByArrows(place, () => ACROSS);

  function buildColumn(column) {
    const button = buildButton(`Style ${column + 1}`, () => onChoice(column));
    button.textContent = column + 1;
    button.style.gridColumn = (column % ACROSS) + 1;
    return button;
  }

  function adopt(network, show, seed) {
    ({ meta } = network);
    decode = createDecoderOfMany(network, noiseFor(network, show, seed)?.pixels);
    const [, height, width] = meta.image_shape;
    cell = new ImageData(width, height);
    size(large, Math.ceil(meta.n_labels / 2) * width, 2 * height);
    for (const canvas of canvases) size(canvas, ACROSS * width, meta.n_labels * height);
    const what = show === "draw" && meta.prior ? "draws x ~ p(x|y, z)" : "means E[x|y, z]";
    canvases.forEach((canvas, i) => {
      const [first, last] = [i * ACROSS + 1, (i + 1) * ACROSS];
      const digits = `as the digits 0 to ${meta.n_labels - 1}, a row each`;
      const shows = `${digits}: ${what} of seed ${seed}`;
      canvas.setAttribute("aria-label", `Styles ${first} to ${last}, a column each, ${shows}`);
    });
    place.setAttribute("aria-label", `${COLUMNS} styles, each as every digit; choose one to move it`);
  }

  // Draws some of the columns; that which is `chosen` large as well.
  function paint(styles, columns, chosen) {
    const { n_labels: labels, image_shape: shape } = meta;
    const [, height, width] = shape;
    const places = columns.flatMap((column) => {
      return Array.from({ length: labels }, (_, label) => ({ z: styles[column], label, column }));
    });
    decode(places, (i, pixels) => {
      const { column, label } = places[i];
      toRGBA(pixels, shape, cell.data);
      put(canvases[Math.floor(column / ACROSS)], (column % ACROSS) * width, label * height);
      if (column !== chosen) return;
      const half = Math.ceil(labels / 2);
      put(large, (label % half) * width, Math.floor(label / half) * height);
    });
  }

  const put = (canvas, x, y) => canvas.getContext("2d").putImageData(cell, x, y);

  function choose(column) {
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === column));
    large.setAttribute("aria-label", `Style ${column + 1} as the digits 0 to ${meta.n_labels - 1}`);
  }

  const mark = (moved) => buttons.forEach((button, i) => button.classList.toggle("moved", i in moved));

  // The whole grid as a file to keep, pixel by pixel.
  function save(name) {
    const all = document.createElement("canvas");
    size(all, canvases.length * canvases[0].width, canvases[0].height);
    canvases.forEach((canvas, i) => all.getContext("2d").drawImage(canvas, i * canvas.width, 0));
    all.toBlob((blob) => {
      const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }, "image/png");
  }

  return { adopt, paint, choose, mark, save };
}

function size(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
}
