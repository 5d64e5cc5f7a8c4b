// needs: ../names.js
// Figures whose pixels can be read off: the value at the one that a pointer, a finger or the arrow keys point to.

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const readers = new WeakMap(); // figure to what reads other values in it

// Other values in a figure that `makeReadable` was given: what is read is again the largest.
export const readAnew = (figure, values) => readers.get(figure)(values);

// `data-values` are the values from left to right and from top to bottom, `data-width` of them to a row. At first the
// largest is read.
export function makeReadable(figure) {
  let values = figure.dataset.values.split(",").map(Number);
  const width = Number(figure.dataset.width);
  const height = values.length / width;
  const pixels = figure.querySelector(".lab-pixels");
  const mark = figure.querySelector("i");
  let largest, at;
  const clamp = (value, size) => Math.max(0, Math.min(size - 1, value));

  function read(x, y) {
    at = clamp(y, height) * width + clamp(x, width);
    const [row, column] = [Math.floor(at / width), at % width];
    const place = `row ${row + 1}, column ${column + 1}`;
    const text = `${place}: ${[number(values[at]), figure.dataset.unit].join(" ").trim()}${at === largest ? ", the largest" : ""}`;
    figure.querySelector("output").textContent = text;
    pixels.setAttribute("aria-valuenow", at + 1);
    pixels.setAttribute("aria-valuetext", text);
    Object.assign(mark.style, { left: `${(100 * column) / width}%`, top: `${(100 * row) / height}%` });
  }

  function point({ clientX, clientY }) {
    const box = pixels.getBoundingClientRect();
    read(Math.floor(((clientX - box.left) / box.width) * width), Math.floor(((clientY - box.top) / box.height) * height));
  }

  Object.assign(mark.style, { width: `${100 / width}%`, height: `${100 / height}%` });
  pixels.setAttribute("aria-label", figure.querySelector("img").alt);
  pixels.setAttribute("aria-valuemax", values.length);

  function readAll(shown) {
    values = shown;
    largest = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
    read(largest % width, Math.floor(largest / width));
  }

  readAll(values);
  readers.set(figure, readAll);
  pixels.addEventListener("pointermove", point);
  pixels.addEventListener("pointerdown", point);
  pixels.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    read((at % width) + step[0], Math.floor(at / width) + step[1]);
  });
}
