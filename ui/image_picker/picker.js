// A grid of thumbnails, one of them selected, drawn from the bytes of all images. Arrow keys move and select.

const INK = [11, 13, 18]; // the near-black of a grey image's empty pixels
const pickers = new WeakMap();
const column = (table) => table.getChildAt(0).toArray();

export default function ({ data, parentElement, setStateValue }) {
  let picker = pickers.get(parentElement);
  if (!picker) pickers.set(parentElement, (picker = createPicker(parentElement.querySelector(".picker"))));
  picker.update(data, setStateValue);
  return () => pickers.delete(parentElement);
}

function createPicker(root) {
  let version, given, columns, report;
  let selected = 0;

  function update(data, setStateValue) {
    report = () => setStateValue("choice", { index: selected, given: data.selected, version: data.version });
    if (data.version !== version || data.columns !== columns) {
      columns = data.columns;
      root.style.setProperty("--columns", columns);
      root.style.setProperty("--aspect", data.shape[2] / data.shape[1]);
      root.setAttribute("aria-label", data.label);
      root.replaceChildren(...drawThumbnails(column(data.images), data.shape, data.captions));
      select(data.version !== version ? data.selected : selected);
    } else if (data.selected !== given) {
      select(data.selected);
    }
    version = data.version;
    given = data.selected;
  }

  function select(index) {
    selected = index;
    Array.from(root.children).forEach((canvas, i) => {
      canvas.setAttribute("aria-selected", i === index);
      canvas.tabIndex = i === index ? 0 : -1;
    });
  }

  function choose(index) {
    if (!(index >= 0 && index < root.children.length)) return;
    select(index);
    root.children[index].focus();
  }

  root.addEventListener("click", (event) => {
    const index = Array.from(root.children).indexOf(event.target);
    if (index < 0) return;
    choose(index);
    report();
  });

  const target = (key) =>
    ({
      ArrowLeft: selected - 1,
      ArrowRight: selected + 1,
      ArrowUp: selected - columns,
      ArrowDown: selected + columns,
      Home: 0,
      End: root.children.length - 1,
    })[key];
  root.addEventListener("keydown", (event) => {
    if (target(event.key) === undefined) return;
    event.preventDefault();
    choose(target(event.key));
  });
  // Reported on keyup, so that a held key asks the server once.
  root.addEventListener("keyup", (event) => {
    if (target(event.key) !== undefined) report();
  });

  return { update };
}

function drawThumbnails(bytes, [channels, height, width], captions) {
  const size = height * width;
  return captions.map((caption, i) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.setAttribute("role", "option");
    canvas.setAttribute("aria-label", caption);
    const bitmap = new ImageData(width, height);
    const image = bytes.subarray(i * channels * size, (i + 1) * channels * size);
    for (let pixel = 0; pixel < size; pixel++) {
      for (let c = 0; c < 3; c++) {
        const value = image[(channels === 3 ? c : 0) * size + pixel];
        bitmap.data[4 * pixel + c] = channels === 3 ? value : INK[c] + (value * (255 - INK[c])) / 255;
      }
      bitmap.data[4 * pixel + 3] = 255;
    }
    canvas.getContext("2d").putImageData(bitmap, 0, 0);
    return canvas;
  });
}
