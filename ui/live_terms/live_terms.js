// needs: ../components/changing_html/html.js ../components/names.js ../explorer/rgba.js ../explorer/registry.js
// Puts HTML from Python on the page. While a digit is drawn its marked parts show what the browser infers; Python's next
// HTML, of the same digit, takes over.

const panels = new WeakMap();

export default function ({ data, parentElement }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement.querySelector("div"))));
  panel.update(data);
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(place) {
  let html;
  let slots = [];
  let unfollow = [];

  function update(data) {
    if (data.slots.join() !== slots.join()) {
      slots = data.slots;
      unfollow.forEach((leave) => leave());
      unfollow = slots.map((slot) => follow(slot, { inference: (found) => partsOf(slot).forEach((part) => bringUpToDate(part, found)) }));
    }
    if (data.html !== html) showHTML(place, (html = data.html));
  }

  const partsOf = (slot) => (slots.length > 1 ? place.querySelectorAll(`[data-slot="${slot}"]`) : [place]);

  function bringUpToDate(place, found) {
    const { reconstruction, stderr, draws, kl, nelbo, klByDimension } = found;
    const kls = Object.entries(kl);
    const named = Object.fromEntries(kls.map(([latent, nats]) => [`kl_${latent}`, nats]));
    const terms = { nelbo, reconstruction, stderr, kl: nelbo - reconstruction, ...named };
    const total = Math.max(nelbo, 1e-9);
    for (const node of place.querySelectorAll("[data-term]")) node.textContent = number(terms[node.dataset.term], 1);
    for (const node of place.querySelectorAll("[data-bar]")) {
      node.style.width = `${Math.max(0, (100 * terms[node.dataset.bar]) / total)}%`;
    }
    const part = (name) => {
      const [latent, i] = name.split(":");
      return klByDimension[latent]?.[i] ?? 0;
    };
    for (const node of place.querySelectorAll("[data-value]")) node.textContent = number(part(node.dataset.value));
    for (const node of place.querySelectorAll("[data-dimension]")) {
      const top = Number(node.closest("[data-top]").dataset.top);
      node.style.width = `${Math.min(100, (100 * part(node.dataset.dimension)) / top)}%`;
    }
    for (const figure of place.querySelectorAll("[data-picture]")) paint(figure, found);
    for (const node of place.querySelectorAll("[data-draws]")) node.textContent = draws;
    for (const node of place.querySelectorAll("[data-drawn]")) node.textContent = node.dataset.drawn;
    for (const node of place.querySelectorAll("[data-label]")) node.textContent = found.label;
    place.querySelector(".lab-aside")?.remove(); // it was about the image before
    html = undefined; // whatever comes from Python next is to be shown
  }

  return { update, unmount: () => unfollow.forEach((leave) => leave()) };
}

// A picture of the drawing in place of Python's of the last image.
function paint(figure, { x, mean, perPixel }) {
  const picture = figure.dataset.picture;
  const pixels = { image: x, mean, "per-pixel": perPixel }[picture];
  const side = Math.sqrt(pixels.length);
  const bitmap = new ImageData(side, side);
  if (picture === "per-pixel") toHeat(pixels, Number(figure.dataset.white), bitmap.data);
  else toRGBA(pixels, [1, side, side], bitmap.data);
  canvasOf(figure, side).getContext("2d").putImageData(bitmap, 0, 0);
  if (picture === "per-pixel") readAnew(figure, pixels);
}

function canvasOf(figure, side) {
  const image = figure.querySelector("img");
  if (image) {
    const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side, role: "img" });
    canvas.setAttribute("aria-label", image.alt);
    image.replaceWith(canvas);
  }
  return figure.querySelector("canvas");
}

// Nats in the reconstruction's blue on black, white from `white` nats up, as ui/images/figures.py paints them.
function toHeat(nats, white, rgba) {
  const [black, blue] = [[11, 13, 18], [0, 114, 178]];
  for (let i = 0; i < nats.length; i++) {
    const level = 2 * Math.sqrt(Math.max(0, Math.min(1, nats[i] / white)));
    for (let channel = 0; channel < 3; channel++) {
      const low = black[channel] + (blue[channel] - black[channel]) * Math.min(1, level);
      rgba[4 * i + channel] = Math.round(low + (255 - blue[channel]) * Math.max(0, level - 1));
    }
    rgba[4 * i + 3] = 255;
  }
}
