// needs: ../clouds/families.js ../figures.js ../../components/names.js ../../components/theme.js
// The variance of one draw of both gradients over the cost's parameter k, a chart a cost. A k is dragged in each and both
// variances are read out at it, by quadrature, here; Python hears of it when it is let go of.

const BOX = { left: 40, right: 10, top: 8, bottom: 22 };
const LEAST = 1e-12; // a variance of nothing has no place on a logarithmic axis
const DEEPEST = 6; // powers of ten that an axis shows
const REST = 400; // ms after the last change
const panels = new WeakMap();

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement)));
  panel.update(data, {
    released: (at) => setStateValue("released", { at, turn: data.turn }),
    shown: (cost, k) => setTriggerValue("shown", { cost, k }),
  });
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(parent) {
  const root = parent.querySelector(".overk");
  const charts = {};
  let data, tell, turn, at;
  let resting = 0;

  function update(given, report) {
    data = given;
    tell = report;
    if (data.turn !== turn) at = { ...data.at };
    turn = data.turn;
    for (const cost in data.curves) charts[cost] ??= createChart(cost);
    render();
  }

  function createChart(cost) {
    const figure = parent.querySelector("template").content.firstElementChild.cloneNode(true);
    const [canvas, slider, button] = ["canvas", "input", "button"].map((part) => figure.querySelector(part));
    const [low, high] = COSTS[cost].range;
    Object.assign(slider, { min: low, max: high });
    slider.setAttribute("aria-label", `k of ${COSTS[cost].title}`);
    figure.querySelector(".title").textContent = COSTS[cost].title;
    const move = (k) => {
      at[cost] = Math.min(high, Math.max(low, Math.round(100 * k) / 100));
      requestAnimationFrame(() => paint(cost));
      clearTimeout(resting);
    };
    slider.addEventListener("input", () => move(Number(slider.value)));
    slider.addEventListener("change", () => rest(cost));
    const follow = (event) => {
      const { left, width } = canvas.getBoundingClientRect();
      move(low + ((event.clientX - left - BOX.left) / (width - BOX.left - BOX.right)) * (high - low));
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      follow(event);
    });
    canvas.addEventListener("pointermove", (event) => canvas.hasPointerCapture(event.pointerId) && follow(event));
    canvas.addEventListener("pointerup", () => rest(cost));
    canvas.addEventListener("pointercancel", () => rest(cost));
    button.addEventListener("click", () => tell.shown(cost, at[cost]));
    root.querySelector(".charts").append(figure);
    resized.observe(canvas);
    return { figure, canvas, slider };
  }

  // Once the pointer and the keys rest Python is told, and what is read out is spoken.
  function rest(cost) {
    clearTimeout(resting);
    resting = setTimeout(() => {
      root.querySelector(".spoken").textContent = charts[cost].figure.querySelector(".reading").textContent;
      tell.released(at);
    }, REST);
  }

  const render = () => Object.keys(charts).forEach(paint);

  function paint(cost) {
    const { figure, canvas, slider } = charts[cost];
    if (!canvas.clientWidth) return;
    const k = at[cost];
    const found = exactOf({ ...data.toy, cost, k });
    const variance = { pathwise: found.pathwise.std ** 2, score: found.score.std ** 2 };
    slider.value = k;
    slider.nextElementSibling.textContent = number(k);
    const reading = readingOf(variance);
    slider.setAttribute("aria-valuetext", `${number(k)}: ${reading}`);
    figure.querySelector(".reading").textContent = reading;
    figure.querySelector(".note").textContent = data.notes[cost];
    canvas.setAttribute("aria-label", `Variance of one draw over k of ${COSTS[cost].title}, on a logarithmic axis. ${data.notes[cost]} At k ${number(k)}: ${reading}`);
    draw(canvas, cost, k, variance);
    Object.assign((globalThis.__vaelab_overk ??= {}), { [cost]: { k, variance, toy: data.toy } });
  }

  function draw(canvas, cost, k, variance) {
    const theme = themeOf(root);
    const { pen, width, height } = clear(canvas);
    const { ks, pathwise, score } = data.curves[cost];
    const values = [...pathwise, ...score].filter((value) => value > LEAST);
    const top = Math.ceil(Math.log10(Math.max(...values, LEAST)) + 0.05);
    const bottom = Math.max(top - DEEPEST, Math.floor(Math.log10(Math.min(...values, 10 ** (top - 1)))));
    const x = (value) => BOX.left + ((value - ks[0]) / (ks.at(-1) - ks[0])) * (width - BOX.left - BOX.right);
    const y = (value) => BOX.top + ((top - Math.max(bottom, Math.log10(value))) / (top - bottom)) * (height - BOX.top - BOX.bottom);
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = theme.text;
    for (let power = bottom; power <= top; power++) {
      pen.globalAlpha = 0.2;
      pen.fillRect(BOX.left, y(10 ** power), width - BOX.left - BOX.right, 1);
      pen.globalAlpha = 0.85;
      pen.fillText(`10${raised(power)}`, 4, y(10 ** power) + 4);
    }
    [ks[0], (ks[0] + ks.at(-1)) / 2, ks.at(-1)].forEach((tick, i) => {
      const label = number(tick, 0);
      pen.fillText(label, x(tick) - (pen.measureText(label).width * i) / 2, height - 6);
    });
    pen.globalAlpha = 1;
    const upright = (value, dash, colour) => {
      pen.setLineDash(dash);
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.moveTo(x(value), BOX.top);
      pen.lineTo(x(value), height - BOX.bottom);
      pen.stroke();
      pen.setLineDash([]);
    };
    pen.lineWidth = 1;
    if (data.toy.cost === cost) upright(data.toy.k, [2, 3], theme.text);
    for (const [name, colour, dash] of [["pathwise", theme.text, []], ["score", theme.kl, [7, 5]]]) {
      pen.setLineDash(dash);
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = 2;
      pen.beginPath();
      data.curves[cost][name].forEach((value, i) => value > LEAST && pen.lineTo(x(ks[i]), y(value)));
      pen.stroke();
      pen.setLineDash([]);
      if (variance[name] <= LEAST) continue;
      pen.beginPath();
      pen.arc(x(k), y(variance[name]), 5, 0, 2 * Math.PI);
      pen.fill();
    }
    upright(k, [], theme.primary);
  }

  root.addEventListener("keydown", (event) => event.stopPropagation()); // Streamlit takes r and c for itself
  const resized = new ResizeObserver(render);
  return {
    update,
    unmount() {
      resized.disconnect();
      clearTimeout(resting);
    },
  };
}

// Both variances and which is the smaller.
function readingOf({ pathwise, score }) {
  const both = `Variance ${compact(pathwise)} pathwise, ${compact(score)} score function: `;
  if (pathwise <= LEAST && score <= LEAST) return `${both}f does not change.`;
  if (pathwise <= LEAST) return `${both}pathwise does not scatter at all.`;
  if (score <= LEAST) return `${both}the score function does not scatter at all.`;
  const ratio = score / pathwise;
  if (Math.abs(Math.log(ratio)) < 0.05) return `${both}about the same.`;
  return `${both}${ratio > 1 ? "pathwise" : "the score function"} scatters less, by a factor of ${factor(Math.max(ratio, 1 / ratio))}.`;
}

const raised = (power) => String(power).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
