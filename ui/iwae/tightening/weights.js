// needs: ../../components/names.js ../../explorer/painter.js ../../explorer/registry.js
// The draws that a bound rests on: bars of their normalised weights, and the images of the largest.

const BARS = 30;

// Returns { draw(found, at, z, dim), repaint() }: `found` is what `weightsOf` gives; the z of the draws at the places
// `at` stand one after the other in `z`. Choosing an image sends its z to the explorer of the slot.
export function createWeights(root, slotOf) {
  const bars = root.querySelector(".bars");
  const images = Array.from(root.querySelectorAll(".images button"));
  let painter, painterOf, shown, decoding;
  let painted = [];

  images.forEach((button, i) => {
    button.addEventListener("click", () => {
      const z = zOf(i);
      if (z) chooseZ(slotOf(), z);
    });
  });

  function zOf(i) {
    const row = shown && shown.at.indexOf(shown.found.order[i]);
    return shown && i < shown.found.order.length && row >= 0 ? shown.z.slice(row * shown.dim, (row + 1) * shown.dim) : null;
  }

  function draw(found, at, z, dim, show, seed) {
    shown = { found, at, z, dim };
    decoding = { show, seed };
    drawBars(found);
    paint();
  }

  function drawBars({ weights }) {
    const [width, height] = [bars.clientWidth, bars.clientHeight];
    const step = width / BARS;
    const top = weights[0];
    bars.querySelector("g").innerHTML = Array.from(
      weights.subarray(0, BARS),
      (weight, i) => `<rect x="${i * step + 0.5}" width="${Math.max(1, step - 1.5)}" y="${height * (1 - weight / top)}" height="${(height * weight) / top}"></rect>`,
    ).join("");
  }

  function paint() {
    const network = networkOf(slotOf());
    if (network && network !== painterOf) {
      painterOf = network;
      painter = network.layers ? createPainter({ ...network, meta: decoded(network) }) : null;
      painted = [];
    }
    if (!shown) return;
    const noise = painter && noiseFor({ ...painterOf, meta: decoded(painterOf) }, decoding.show, decoding.seed);
    images.forEach((button, i) => {
      const z = zOf(i);
      button.hidden = !z;
      if (!z) return;
      const draw = shown.found.order[i];
      const share = percent(shown.found.weights[i]);
      button.querySelector("span").textContent = share;
      button.setAttribute("aria-label", `Draw ${draw + 1}, decoded: ${share} of the sum. Send its z to the explorer.`);
      const stamp = `${draw} ${decoding.show} ${decoding.seed} ${z[0]}`;
      if (!painter || painted[i] === stamp) return;
      painted[i] = stamp;
      painter.paint(button.querySelector("canvas"), z, 0, noise);
    });
  }

  return { draw, repaint: paint };
}

// The description of the decoder of the latent next to x, whichever level the slot's explorer moves.
const decoded = ({ meta, layers }) => (meta.level === "z2" ? { ...meta, level: "z1", z_dim: layers[0].inputs } : meta);

const percent = (share) => (share >= 0.0995 ? `${Math.round(100 * share)} %` : `${number(100 * share, share >= 0.001 ? 1 : 2)} %`);
