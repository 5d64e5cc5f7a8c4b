// needs: families.js ../figures.js ../../components/names.js ../../components/theme.js
// Draws of ε that move through z = g(ε) with the distribution's parameter, and under them their gradients, pathwise and
// by the score function. All of it follows the sliders here; Python hears of it once one is let go of.

const DRAWS = 1000;
const LINES = 50; // draws whose way from ε to z is drawn
const Z = [-4, 8]; // that is shown
const E = [-4, 6];
const MARGIN = 12;
const REST = 400; // ms after the last change
const DIALS = ["theta", "scale", "k"];
const panels = new WeakMap();
const timings = (globalThis.__vaelab_gradients ??= { ms: new Float32Array(4096), count: 0 });

export default function ({ data, parentElement, setStateValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement.querySelector(".estimators"))));
  panel.update(data, (now) => setStateValue("released", { ...now, turn: data.turn }));
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(root) {
  const find = (selector) => root.querySelector(selector);
  const [moving, scatter] = [find(".moving"), find(".scatter")];
  const dial = Object.fromEntries(DIALS.map((name) => [name, find(`input.${name}`)]));
  const choice = { family: find("select.family"), cost: find("select.cost") };
  const wrt = [...root.querySelectorAll("input[name=wrt]")];
  let now, noise, seed, report, version;
  let resting = 0;
  let frame = 0;

  offer(choice.family, FAMILIES);
  offer(choice.cost, COSTS);

  function update(data, tell) {
    report = tell;
    const given = `${data.turn} ${data.seed}`;
    if (given === version) return render(); // in another theme, perhaps
    if (version?.split(" ")[0] !== String(data.turn)) now = { ...data.now };
    version = given;
    seed = data.seed;
    arrange();
  }

  // The dials' ranges are those of the distribution and the cost.
  function arrange() {
    const [family, cost] = [FAMILIES[now.family], COSTS[now.cost]];
    noise = family.noise(seed + 1, DRAWS);
    const ranges = { theta: family.theta, scale: family.scale, k: cost.range };
    for (const name of DIALS) {
      const [low, high] = ranges[name];
      now[name] = Math.min(high, Math.max(low, now[name]));
      Object.assign(dial[name], { min: low, max: high, step: 0.01, value: now[name] });
    }
    const names = [family.names[0], family.names[1], "k"];
    DIALS.forEach((name, i) => {
      dial[name].closest("label").querySelector(".name").textContent = names[i];
      dial[name].setAttribute("aria-label", name === "k" ? "k of the cost" : `${names[i]} of z`);
    });
    dial.scale.closest("label").hidden = !family.names[1];
    if (!(now.wrt in family.slope)) now.wrt = "theta";
    wrt.forEach((radio, i) => {
      radio.checked = radio.value === now.wrt;
      radio.closest("label").hidden = !family.names[i];
      radio.nextElementSibling.textContent = family.names[i];
    });
    find(".for").textContent = parameterName();
    choice.family.value = now.family;
    choice.cost.value = now.cost;
    render();
    speak();
  }

  function render() {
    if (!noise || !moving.clientWidth) return;
    const begun = performance.now();
    const found = estimatesOf(now, noise);
    const exact = exactOf(now).score.mean;
    const of = { path: momentsOf(found.pathwise), score: momentsOf(found.score) };
    const theme = themeOf(root);
    for (const name of DIALS) {
      const text = number(now[name]);
      dial[name].value = now[name];
      dial[name].setAttribute("aria-valuetext", text);
      dial[name].closest("label").querySelector("b").textContent = text;
    }
    find(".exact").textContent = compact(exact);
    for (const name of ["path", "score"]) {
      find(`.${name}-mean`).textContent = compact(of[name].mean);
      find(`.${name}-std`).textContent = compact(of[name].std);
      find(`.${name}-draws`).textContent = drawsText(of[name], exact);
    }
    find(".verdict").textContent = verdict(of, exact);
    paintMoving(found.z, theme);
    paintScatter(found, exact, theme);
    root.dataset.state = "ready";
    Object.assign(timings, { now: { ...now }, exact, of, ...found });
    timings.ms[timings.count++ % timings.ms.length] = performance.now() - begun;
  }

  function paintMoving(z, theme) {
    const { pen, width, height } = clear(moving);
    const across = ([low, high], value) => MARGIN + ((value - low) / (high - low)) * (width - 2 * MARGIN);
    const family = FAMILIES[now.family];
    const [top, bottom, curve] = [62, height - 92, height - 24];
    pen.font = `12px ${theme.font}`;
    pen.fillStyle = theme.text;
    pen.fillText("1,000 draws of the noise ε, which stay", MARGIN, 12);
    pen.fillText(`z = ${family.g}, which move`, MARGIN, bottom - 22);
    pen.globalAlpha = 0.25;
    pen.strokeStyle = theme.text;
    pen.beginPath();
    for (let i = 0; i < LINES; i++) {
      pen.moveTo(across(E, noise[i]), top + 12);
      pen.lineTo(across(Z, z[i]), bottom - 14);
    }
    pen.stroke();
    pen.globalAlpha = 0.4;
    dots(pen, noise, (e) => across(E, e), top - 12, top + 12);
    dots(pen, z, (at) => across(Z, at), bottom - 14, bottom + 10);
    pen.globalAlpha = 1;
    axis(pen, E, (e) => across(E, e), 36, [-4, -2, 0, 2, 4, 6]);
    axis(pen, Z, (at) => across(Z, at), height - 8, [-4, -2, 0, 2, 4, 6, 8]);
    paintCost(pen, (at) => across(Z, at), bottom + 20, curve, theme);
  }

  // f over z, between two heights; its own scale.
  function paintCost(pen, across, high, low, theme) {
    const f = (at) => COSTS[now.cost].f(at, now.k);
    const points = Array.from({ length: 481 }, (_, i) => Z[0] + ((Z[1] - Z[0]) * i) / 480);
    const values = points.map(f);
    const [least, most] = [Math.min(0, ...values), Math.max(...values, 1e-9)];
    pen.strokeStyle = theme.primary;
    pen.lineWidth = 2;
    pen.beginPath();
    points.forEach((at, i) => pen.lineTo(across(at), low - ((values[i] - least) / (most - least)) * (low - high)));
    pen.stroke();
    pen.lineWidth = 1;
    pen.fillStyle = theme.text;
    const text = `f(z) = ${COSTS[now.cost].title}`;
    pen.fillText(text, across(Z[1]) - pen.measureText(text).width, high - 26);
  }

  function paintScatter({ pathwise, score }, exact, theme) {
    const { pen, width, height } = clear(scatter);
    const reach = nice(3 * Math.max(momentsOf(pathwise).std, momentsOf(score).std, Math.abs(exact) / 3, 1e-3));
    const span = [exact - reach, exact + reach];
    const across = (value) => MARGIN + ((value - span[0]) / (2 * reach)) * (width - 2 * MARGIN);
    pen.font = `12px ${theme.font}`;
    const row = (values, name, y, colour) => {
      const beyond = values.reduce((n, value) => n + (Math.abs(value - exact) > reach), 0);
      pen.fillStyle = theme.text;
      pen.fillText(`${name}${beyond ? `; ${beyond} lie beyond` : ""}`, MARGIN, y - 6);
      pen.fillStyle = colour;
      pen.globalAlpha = 0.45;
      dots(pen, values, across, y + 2, y + 54);
      pen.globalAlpha = 1;
    };
    row(pathwise, "pathwise  f′(z) ∂z/∂" + parameterName(), 18, theme.text);
    row(score, "score function  f(z) ∂ log p(z)/∂" + parameterName(), 104, theme.kl);
    pen.strokeStyle = theme.primary;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(across(exact), 20);
    pen.lineTo(across(exact), height - 28);
    pen.stroke();
    pen.lineWidth = 1;
    pen.fillStyle = theme.text;
    axis(pen, span, across, height - 8, [-1, -0.5, 0, 0.5, 1].map((part) => exact + part * reach), compact);
    const label = "exact";
    pen.fillText(label, across(exact) - pen.measureText(label).width - 6, height - 30);
  }

  function parameterName() {
    return FAMILIES[now.family].names[now.wrt === "theta" ? 0 : 1];
  }

  function verdict({ path, score }, exact) {
    if (now.cost === "step") {
      return "A step has no slope: every pathwise gradient is 0, which is wrong wherever the exact one is not. The score function needs no slope.";
    }
    if (path.std === 0 && score.std === 0) return "f does not change: neither gradient scatters.";
    const ratio = (score.std / path.std) ** 2;
    const small = now.scale < 0.1 && FAMILIES[now.family].names[1] ? " The narrower p is, the more the score, which goes as 1/" + FAMILIES[now.family].names[1] + ", scatters." : "";
    return ratio > 1
      ? `Pathwise scatters less: its variance is ${factor(ratio)} times smaller in these draws.${small}`
      : `Here the score function scatters less: its variance is ${factor(1 / ratio)} times smaller in these draws.`;
  }

  function speak() {
    const { of, exact } = timings;
    if (!of) return;
    const text =
      `Gradient for ${parameterName()}: exact ${compact(exact)}; pathwise mean ${compact(of.path.mean)}, standard deviation ${compact(of.path.std)}; ` +
      `score function mean ${compact(of.score.mean)}, standard deviation ${compact(of.score.std)}.`;
    find(".spoken").textContent = text;
    const [family, cost] = [FAMILIES[now.family], COSTS[now.cost]];
    moving.setAttribute("aria-label", `1,000 draws of noise carried to z = ${family.g}, ${family.names[0]} ${number(now.theta)}, over f(z) = ${cost.title}, k ${number(now.k)}`);
    scatter.setAttribute("aria-label", `1,000 gradients of each kind about the exact one. ${text}`);
  }

  function released() {
    clearTimeout(resting);
    render();
    speak();
    report(now);
  }

  for (const name of DIALS) {
    dial[name].addEventListener("input", () => {
      now[name] = Number(dial[name].value);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(render);
      clearTimeout(resting);
    });
    // At the end of a drag, and with every key.
    dial[name].addEventListener("change", () => {
      clearTimeout(resting);
      resting = setTimeout(released, REST);
    });
  }
  for (const name of ["family", "cost"]) {
    choice[name].addEventListener("change", () => {
      now[name] = choice[name].value;
      arrange();
      released();
    });
  }

  for (const radio of wrt) {
    radio.addEventListener("change", () => {
      now.wrt = radio.value;
      arrange();
      released();
    });
  }
  root.addEventListener("keydown", (event) => event.stopPropagation()); // Streamlit takes r and c for itself

  const resized = new ResizeObserver(render);
  resized.observe(moving);
  return {
    update,
    unmount() {
      resized.disconnect();
      clearTimeout(resting);
      cancelAnimationFrame(frame);
    },
  };
}

function offer(select, rows) {
  select.replaceChildren(...Object.entries(rows).map(([value, { title }]) => new Option(title, value)));
}

// A dot a value, strewn between two heights.
function dots(pen, values, across, high, low) {
  values.forEach((value, i) => pen.fillRect(across(value) - 1.2, high + (low - high) * ((i * 0.618) % 1), 2.4, 2.4));
}

function axis(pen, [low, high], across, y, ticks, text = String) {
  pen.globalAlpha = 0.35;
  pen.fillRect(across(low), y - 15, across(high) - across(low), 1);
  pen.globalAlpha = 0.85;
  for (const tick of ticks) {
    const label = text(tick).replace("-", "−");
    const width = pen.measureText(label).width;
    pen.fillText(label, Math.min(across(high) - width, Math.max(across(low), across(tick) - width / 2)), y + 2);
  }
  pen.globalAlpha = 1;
}

// The next of 1, 2 or 5 times a power of ten.
function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

// How many draws have a mean whose sd is the exact gradient's size; no number is enough for an estimator that is 0.
function drawsText({ mean, std }, exact) {
  if (Math.abs(exact) < 1e-9 || (mean === 0 && std === 0)) return "∞";
  const needed = (std / exact) ** 2;
  return needed > 9_999_999 ? "over 10⁷" : Math.max(1, Math.ceil(needed)).toLocaleString("en-GB");
}
