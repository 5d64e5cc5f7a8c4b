// A grid of thumbnails, one of them selected, drawn once from the bytes of all images. Arrow keys move and select;
// the buttons above hide all digits but one. Only the selection is told to Python.

const INK = [11, 13, 18]; // the near-black of a grey image's empty pixels
const MANY = 60; // pictures, from which on a grid is narrowed and scrolled
const KEPT = 4; // sets of pictures; who comes back to one finds it drawn
const pickers = new WeakMap();
const drawn = new Map(); // version to pictures, the last used last
const column = (table) => table.getChildAt(0).toArray();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let picker = pickers.get(parentElement);
  if (!picker) pickers.set(parentElement, (picker = createPicker(parentElement.querySelector(".choice"))));
  picker.update(data, setStateValue, () => setTriggerValue("missing", true));
  return () => pickers.delete(parentElement);
}

function createPicker(choice) {
  const root = choice.querySelector(".picker");
  const count = choice.querySelector(".count");
  let version, occasion, columns, labels, report;
  let pictures = [];
  let visible = [];
  let selected = null; // index of a picture, also while it is hidden

  buildDigits(choice.querySelector(".digits"), narrow);

  function update(data, setStateValue, ask) {
    report = () => setStateValue("choice", { index: selected, occasion: data.occasion });
    const fresh = data.version !== version;
    if (fresh) {
      const found = picturesOf(data, column(data.labels));
      if (!found) return ask();
      pictures = found;
      ({ version, columns } = data);
      labels = column(data.labels);
      choice.style.setProperty("--columns", columns);
      choice.style.setProperty("--aspect", data.shape[2] / data.shape[1]);
      root.setAttribute("aria-label", data.label);
      root.replaceChildren(...pictures);
      choice.classList.toggle("many", pictures.length > MANY);
      choice.querySelector(".digits input").checked = true;
      narrow(null);
    }
    if (data.occasion !== occasion) {
      occasion = data.occasion;
      select(data.selected);
      show(pictures[selected]);
    }
  }

  function narrow(digit) {
    pictures.forEach((picture, i) => (picture.hidden = digit !== null && labels[i] !== digit));
    visible = pictures.filter((picture) => !picture.hidden);
    count.textContent = `${visible.length} images`;
    root.scrollTop = 0;
    select(selected);
    show(pictures[selected]);
  }

  function select(index) {
    pictures[selected]?.setAttribute("aria-selected", false);
    selected = index;
    pictures[selected]?.setAttribute("aria-selected", true);
    // The one picture that the tab key comes to.
    root.querySelector("[tabindex='0']")?.setAttribute("tabindex", -1);
    const stop = visible.includes(pictures[selected]) ? pictures[selected] : visible[0];
    stop?.setAttribute("tabindex", 0);
  }

  // Scrolls the grid alone, never the page.
  function show(picture) {
    if (!picture || picture.hidden) return;
    const top = picture.offsetTop - 4;
    const bottom = picture.offsetTop + picture.offsetHeight + 4 - root.clientHeight;
    root.scrollTop = Math.min(top, Math.max(bottom, root.scrollTop));
  }

  function choose(picture) {
    if (!picture) return;
    select(pictures.indexOf(picture));
    picture.focus({ preventScroll: true });
    show(picture);
  }

  root.addEventListener("click", ({ target }) => {
    if (!pictures.includes(target)) return;
    choose(target);
    report();
  });

  const target = (key, at) =>
    ({
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - columns,
      ArrowDown: at + columns,
      Home: 0,
      End: visible.length - 1,
      " ": at,
      Enter: at,
    })[key];
  root.addEventListener("keydown", (event) => {
    const next = target(event.key, visible.indexOf(event.target));
    if (next === undefined) return;
    event.preventDefault();
    choose(visible[next]);
  });
  // Reported on keyup, so that a held key asks the server once.
  root.addEventListener("keyup", (event) => {
    if (target(event.key, 0) !== undefined && visible.includes(pictures[selected])) report();
  });

  return { update };
}

// Radio buttons: any digit, then 0 to 9.
function buildDigits(fieldset, narrow) {
  for (const digit of [null, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "digit", checked: digit === null });
    input.addEventListener("change", () => narrow(digit));
    const text = document.createElement("span");
    text.textContent = digit ?? "any";
    label.append(input, text);
    fieldset.append(label);
  }
}

// Those drawn before where nobody shows them now, else new ones; nothing where their pixels were left out.
function picturesOf({ version, images, shape }, labels) {
  let pictures = drawn.get(version);
  if (!pictures || pictures.some((picture) => picture.isConnected)) {
    if (!images) return;
    pictures = drawPictures(column(images), shape, labels);
  }
  for (const picture of pictures) {
    picture.tabIndex = -1;
    picture.setAttribute("aria-selected", false);
  }
  drawn.delete(version);
  drawn.set(version, pictures);
  if (drawn.size > KEPT) drawn.delete(drawn.keys().next().value);
  return pictures;
}

// Images rather than canvases: a canvas is a layer of its own, and hundreds of them slow down whatever else moves.
function drawPictures(bytes, [channels, height, width], labels) {
  const size = height * width;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const bitmap = new ImageData(width, height);
  return Array.from(labels, (digit, i) => {
    const image = bytes.subarray(i * channels * size, (i + 1) * channels * size);
    for (let pixel = 0; pixel < size; pixel++) {
      for (let c = 0; c < 3; c++) {
        const value = image[(channels === 3 ? c : 0) * size + pixel];
        bitmap.data[4 * pixel + c] = channels === 3 ? value : INK[c] + (value * (255 - INK[c])) / 255;
      }
      bitmap.data[4 * pixel + 3] = 255;
    }
    context.putImageData(bitmap, 0, 0);
    const picture = Object.assign(new Image(), { src: canvas.toDataURL(), alt: `digit ${digit}, image ${i}` });
    Object.assign(picture, { draggable: false });
    picture.setAttribute("role", "option");
    return picture;
  });
}
