// needs: ../components/names.js
// A slider for each dimension of z.

const NARROWEST = 110; // px of a column of sliders, with the gap beside it

// `position` { z, label } is the explorer's and only read here; the last argument is how to change z (explorer.js).
export function createSliders(container, position, { begin, set, present, end }) {
  let sliders = []; // { row: the label around both, input, text: z as a number }
  let latent; // whose dimensions they are, of a model with two

  function adopt({ meta, limit }) {
    if (sliders.length !== meta.z_dim || latent !== meta.level) {
      latent = meta.level;
      sliders = Array.from({ length: meta.z_dim }, (_, i) => buildSlider(i));
      container.replaceChildren(...sliders.map((slider) => slider.row));
      arrange();
    }
    sliders.forEach(({ input }, i) => {
      Object.assign(input, { min: -limit, max: limit });
      input.value = position.z[i]; // after the range, which would have clipped it
    });
  }

  function buildSlider(i) {
    const row = document.createElement("label");
    const text = Object.assign(document.createElement("span"), { textContent: number(0) });
    const caption = document.createElement("span");
    caption.append(`${named(i, latent)} = `, text);
    const input = Object.assign(document.createElement("input"), { type: "range", step: 0.01 });
    input.addEventListener("input", () => {
      const start = performance.now();
      begin();
      set(i, Number(input.value));
      present(start);
    });
    input.addEventListener("change", end);
    row.append(caption, input);
    return { row, input, text };
  }

  // Slider i to the value that z has taken there.
  function place(i, value) {
    sliders[i].input.value = value;
    sliders[i].text.textContent = number(position.z[i]);
  }

  // z rests.
  function settle() {
    for (const { input } of sliders) input.setAttribute("aria-valuetext", number(Number(input.value)));
  }

  const arrange = () => {
    const room = Math.max(1, Math.floor(container.clientWidth / NARROWEST));
    container.style.setProperty("--columns", evenColumns(sliders.length, room));
  };
  const resized = new ResizeObserver(arrange);
  resized.observe(container);

  return { adopt, place, settle, stop: () => resized.disconnect() };
}

// How many columns, `most` at most, for `count` things: such that every row is full, where half as many columns can do
// it, else such that the rows are as few and as full as can be.
export function evenColumns(count, most) {
  for (let columns = Math.min(count, most); 2 * columns >= most; columns--) {
    if (count % columns === 0) return columns;
  }
  return Math.ceil(count / Math.ceil(count / most));
}
