// needs: ../../components/theme.js ../scrub.js
// The images of a run at the last of its steps that is not behind the slider.

const strips = new WeakMap();
const APART = 2; // pixels between images

export default function ({ data, parentElement }) {
  let strip = strips.get(parentElement);
  if (!strip) strips.set(parentElement, (strip = createStrip(parentElement.querySelector(".strip"))));
  strip.update(data);
  return () => {
    strip.unmount();
    strips.delete(parentElement);
  };
}

function createStrip(root) {
  const canvas = root.querySelector("canvas");
  let now = null; // { pixels, places, steps, meta }

  function update(data) {
    const [pixels, places, steps] = ["pixels", "places", "steps"].map((name) => data[name].getChildAt(0).toArray());
    now = { pixels, places, steps, meta: data.meta };
    const [, height, width] = data.meta.shape;
    canvas.width = data.meta.count * (width + APART) - APART;
    canvas.height = height;
    show();
  }

  function show() {
    if (!now.places.length) return;
    let frame = 0;
    now.places.forEach((place, i) => place <= scrub.x * (1 + 1e-9) && (frame = i));
    const { meta } = now;
    const [channels, height, width] = meta.shape;
    const pen = canvas.getContext("2d");
    const size = height * width;
    for (let image = 0; image < meta.count; image++) {
      const from = (frame * meta.count + image) * channels * size;
      const rgba = new Uint8ClampedArray(4 * size);
      for (let i = 0; i < size; i++) {
        for (let c = 0; c < 3; c++) rgba[4 * i + c] = now.pixels[from + (channels === 1 ? 0 : c * size) + i];
        rgba[4 * i + 3] = 255;
      }
      pen.putImageData(new ImageData(rgba, width, height), image * (width + APART), 0);
    }
    const step = `step ${now.steps[frame].toLocaleString("en")}`;
    root.dataset.step = now.steps[frame];
    root.dataset.state = "ready";
    root.style.setProperty("--colour", digitColour(meta.colour, themeOf(root).dark));
    root.querySelector("b").textContent = meta.name;
    const later = now.places[frame] > scrub.x * (1 + 1e-9);
    root.classList.toggle("later", later);
    root.querySelector("span").textContent = `${later ? `nothing kept before ${step}` : step} · ${meta.about}`;
    canvas.setAttribute("aria-label", `${meta.name} at ${step}: ${meta.count} images`);
  }

  return { update, unmount: onScrub(() => now && show()) };
}
