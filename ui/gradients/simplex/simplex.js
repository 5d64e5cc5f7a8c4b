// needs: concrete.js ../figures.js ../../components/names.js ../../components/theme.js
// Relaxed draws on a triangle whose corners are the categories, over their density, and beside them the nearest corners.

const DRAWS = 1000;
const FINE = 110; // cells of the density along a side
const NEAR = 0.99; // of a corner: the largest coordinate of a draw that is as good as hard
const REST = 400; // ms after the last change
const FLAT = 0.01; // a slope that is as good as none
const panels = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement.querySelector(".simplex"))));
  panel.update(data, (tau) => setStateValue("released", { tau, turn: data.turn }));
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(root) {
  const find = (selector) => root.querySelector(selector);
  const [soft, hard, slider] = [find(".soft"), find(".hard"), find("input")];
  let logits, noise, tell, turn;
  let resting = 0;

  function update(data, report) {
    tell = report;
    logits = data.probabilities.map(Math.log);
    noise = gumbels(data.seed + 1, DRAWS);
    if (data.turn !== turn) slider.value = Math.log10(data.tau);
    turn = data.turn;
    render();
  }

  function render() {
    if (!noise || !soft.clientWidth) return;
    const tau = 10 ** Number(slider.value);
    const y = relaxed(logits, noise, tau);
    const theme = themeOf(root);
    const counts = [0, 0, 0];
    let [near, flat, steepest] = [0, 0, 0];
    for (let at = 0; at < y.length; at += 3) {
      const most = Math.max(y[at], y[at + 1], y[at + 2]);
      counts[[0, 1, 2].find((i) => y[at + i] === most)]++;
      near += most > NEAR;
      const slope = (most * (1 - most)) / tau; // of that coordinate for its own logit
      flat += slope < FLAT;
      steepest = Math.max(steepest, slope);
    }
    const text = number(tau, tau < 0.1 ? 3 : 2);
    slider.nextElementSibling.textContent = text;
    slider.setAttribute("aria-valuetext", `τ ${text}: ${near} of 1,000 draws near a corner`);
    paintSoft(y, tau, theme);
    paintHard(counts, theme);
    const shares = counts.map((count, i) => `${i + 1}: ${number(count / DRAWS, 3)} (p ${number(Math.exp(logits[i]), 2)})`).join(", ");
    say(soft, `Soft, τ = ${text}: ${near} of 1,000 draws lie near a corner (largest coordinate over ${NEAR}). The slope of that coordinate is below ${FLAT} for ${flat} of them and ${compact(steepest)} at most. Colour: the logarithm of the density, ${tau < 0.5 ? "which runs up to the corners" : tau > 1.5 ? "which gathers in the middle" : "spread over the triangle"}.`);
    say(hard, `Hard, the corner nearest to each draw: ${shares}. These shares do not depend on τ.`);
    Object.assign((globalThis.__vaelab_simplex ??= {}), { tau, y, counts, near, flat, steepest });
  }

  function say(canvas, text) {
    canvas.setAttribute("aria-label", text);
    canvas.nextElementSibling.textContent = text;
  }

  function paintSoft(y, tau, theme) {
    const { pen, place, side } = triangle(soft, theme);
    const levels = [];
    for (let i = 0; i < FINE; i++) {
      for (let j = 0; j < FINE - i; j++) {
        const at = [(i + 1 / 3) / FINE, (j + 1 / 3) / FINE];
        levels.push([...at, logDensity(logits, [...at, 1 - at[0] - at[1]], tau)]);
      }
    }
    const values = levels.map(([, , level]) => level).sort((a, b) => a - b);
    const [low, high] = [values[Math.floor(values.length * 0.02)], values[Math.floor(values.length * 0.98)]];
    const cell = side / FINE + 0.8;
    pen.fillStyle = theme.primary;
    for (const [a, b, level] of levels) {
      pen.globalAlpha = 0.05 + 0.5 * Math.min(1, Math.max(0, (level - low) / (high - low || 1)));
      const [x, at] = place(a, b);
      pen.fillRect(x - cell / 2, at - cell / 2, cell, cell);
    }
    pen.globalAlpha = 0.55;
    pen.fillStyle = theme.text;
    for (let at = 0; at < y.length; at += 3) {
      const [x, height] = place(y[at], y[at + 1]);
      pen.fillRect(x - 1.2, height - 1.2, 2.4, 2.4);
    }
    pen.globalAlpha = 1;
  }

  function paintHard(counts, theme) {
    const { pen, place, side } = triangle(hard, theme, 2.6);
    pen.fillStyle = theme.kl;
    counts.forEach((count, i) => {
      const [x, y] = place(i === 0 ? 1 : 0, i === 1 ? 1 : 0);
      pen.beginPath();
      pen.arc(x, y, 0.12 * side * Math.sqrt(count / DRAWS), 0, 2 * Math.PI);
      pen.fill();
    });
  }

  slider.addEventListener("input", () => {
    requestAnimationFrame(render);
    clearTimeout(resting);
  });
  // At the end of a drag, and with every key.
  slider.addEventListener("change", () => {
    clearTimeout(resting);
    resting = setTimeout(() => tell(10 ** Number(slider.value)), REST);
  });
  slider.addEventListener("keydown", (event) => event.stopPropagation());
  const resized = new ResizeObserver(render);
  resized.observe(soft);
  return {
    update,
    unmount() {
      resized.disconnect();
      clearTimeout(resting);
    },
  };
}

// A cleared canvas with the triangle's outline, the categories written so many times farther to the side; `place` takes the first two coordinates to the canvas.
function triangle(canvas, theme, away = 1) {
  const { pen, width, height } = clear(canvas);
  const side = width * 0.8;
  const [left, foot] = [width * 0.1, height - 34];
  const place = (a, b) => [left + side * (b + (1 - a - b) / 2), foot - side * 0.866 * (1 - a - b)];
  pen.strokeStyle = theme.text;
  pen.globalAlpha = 0.5;
  pen.beginPath();
  for (const [a, b] of [[1, 0], [0, 1], [0, 0], [1, 0]]) pen.lineTo(...place(a, b));
  pen.stroke();
  pen.globalAlpha = 1;
  pen.font = `13px ${theme.font}`;
  pen.fillStyle = theme.text;
  [[1, 0, "1", -16, 18], [0, 1, "2", 10, 18], [0, 0, "3", 14, 4]].forEach(([a, b, name, dx, dy]) => {
    const [x, y] = place(a, b);
    pen.fillText(name, x + away * dx, y + dy);
  });
  return { pen, place, side };
}
