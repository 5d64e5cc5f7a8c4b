// needs: estimates.js ../../components/names.js ../../explorer/decoder.js
// A handle for σ over two curves, and the gradients that q of that width gives. All of it follows the pointer here;
// Python hears of σ when it is let go of.

const DRAWS = 60;
const REACH = 5; // of gradients and of z that is shown
const TOP = 5; // of the curves, above stl's at the least σ
const BOX = { left: 44, right: 12, top: 12, bottom: 36 };
const REST = 500; // ms after the last key
const panels = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement.querySelector(".by-hand"))));
  panel.update(data, (sigma) => setStateValue("released", { sigma, turn: data.turn }));
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(root) {
  const find = (selector) => root.querySelector(selector);
  const curves = find(".curves");
  const slider = find("input");
  let low, high, report, version, noise;
  let sigma = 1;
  let resting = 0;
  let pointer = null;

  function update(data, tell) {
    report = tell;
    const given = `${data.turn} ${data.seed}`;
    if (given === version) return;
    if (version?.split(" ")[0] !== String(data.turn)) sigma = data.sigma;
    version = given;
    ({ low, high } = data);
    Object.assign(slider, { min: low, max: high, step: 0.01 });
    const next = normals(data.seed + 1);
    noise = Float64Array.from({ length: DRAWS }, next);
    render();
  }

  function render() {
    const [width, height] = [curves.clientWidth, curves.clientHeight];
    if (!width || !noise) return;
    const x = (value) => BOX.left + ((value - low) / (high - low)) * (width - BOX.left - BOX.right);
    const y = (value) => BOX.top + (1 - value / TOP) * (height - BOX.top - BOX.bottom);
    const path = (of) => {
      const points = Array.from({ length: 181 }, (_, i) => low + ((high - low) * i) / 180);
      return `M${points.map((at) => `${x(at).toFixed(1)} ${y(of(at)).toFixed(1)}`).join("L")}`;
    };
    find(".ordinary-line").setAttribute("d", path(ordinarySpread));
    find(".stl-line").setAttribute("d", path(stlSpread));
    find(".axes").innerHTML = axes(x, y, width, height);
    const at = x(sigma);
    place(find(".handle line"), { x1: at, x2: at, y1: BOX.top, y2: height - BOX.bottom });
    place(find(".ordinary-dot"), { cx: at, cy: y(ordinarySpread(sigma)) });
    place(find(".stl-dot"), { cx: at, cy: y(stlSpread(sigma)) });
    dots(".of-ordinary", (epsilon) => ordinary(sigma, epsilon));
    dots(".of-stl", (epsilon) => stl(sigma, epsilon));
    const beyond = noise.filter((epsilon) => Math.abs(stl(sigma, epsilon)) > REACH).length;
    find(".beyond").textContent = beyond ? `; ${beyond} lie beyond ±${REACH}` : "";
    densities();
    describe();
  }

  function dots(name, of) {
    const svg = find(name);
    const [width, height] = [svg.clientWidth, svg.clientHeight];
    const x = (value) => ((value + REACH) / (2 * REACH)) * width;
    svg.querySelector("g").innerHTML =
      `<line x1="0" x2="${width}" y1="${height / 2}" y2="${height / 2}"></line><line x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}"></line>` +
      Array.from(noise, (epsilon, i) => {
        const value = of(epsilon);
        if (Math.abs(value) > REACH) return "";
        return `<circle cx="${x(value).toFixed(1)}" cy="${(height * (0.2 + 0.6 * ((i * 0.618) % 1))).toFixed(1)}" r="3"></circle>`;
      }).join("");
  }

  function densities() {
    const svg = find(".densities");
    const [width, height] = [svg.clientWidth, svg.clientHeight];
    const top = 1 / (low * Math.sqrt(2 * Math.PI)); // of the narrowest q
    const line = (std) =>
      `M${Array.from({ length: 121 }, (_, i) => {
        const z = -REACH + (2 * REACH * i) / 120;
        const density = Math.exp(-0.5 * (z / std) ** 2) / (std * Math.sqrt(2 * Math.PI));
        return `${((width * i) / 120).toFixed(1)} ${(height * (1 - density / top)).toFixed(1)}`;
      }).join("L")}`;
    svg.querySelector(".posterior").setAttribute("d", line(1));
    svg.querySelector(".q").setAttribute("d", line(sigma));
  }

  function describe() {
    const [plain, path] = [ordinarySpread(sigma), stlSpread(sigma)];
    const verdict = Math.abs(path - plain) < 0.005 ? "Both scatter alike." : path < plain ? "stl scatters less." : "stl scatters more.";
    find(".sigma").textContent = number(sigma);
    find(".ordinary-value").textContent = number(plain);
    find(".stl-value").textContent = number(path);
    find(".verdict").textContent = verdict;
    slider.value = sigma;
    slider.setAttribute("aria-valuetext", `σ ${number(sigma)}: ordinary ${number(plain)}, stl ${number(path)}. ${verdict}`);
    curves.setAttribute(
      "aria-label",
      `Standard deviation of the gradient over σ: ordinary σ, stl |1/σ − σ|; they cross at 0.707. At ${number(sigma)}: ${number(plain)} and ${number(path)}`,
    );
  }

  function move(value) {
    sigma = Math.max(low, Math.min(high, Math.round(100 * value) / 100));
    render();
  }

  const under = (event) => {
    const box = curves.getBoundingClientRect();
    return low + ((event.clientX - box.left - BOX.left) / (box.width - BOX.left - BOX.right)) * (high - low);
  };
  curves.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    curves.setPointerCapture(pointer);
    move(under(event));
  });
  curves.addEventListener("pointermove", (event) => {
    if (event.pointerId === pointer) move(under(event));
  });
  for (const type of ["pointerup", "pointercancel"]) {
    curves.addEventListener(type, (event) => {
      if (event.pointerId !== pointer) return;
      pointer = null;
      report(sigma);
    });
  }
  slider.addEventListener("input", () => {
    move(Number(slider.value));
    clearTimeout(resting);
    resting = setTimeout(() => report(sigma), REST);
  });
  slider.addEventListener("keydown", (event) => event.stopPropagation());

  const resized = new ResizeObserver(render);
  resized.observe(curves);
  return {
    update,
    unmount() {
      resized.disconnect();
      clearTimeout(resting);
    },
  };
}

function place(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

function axes(x, y, width, height) {
  const foot = height - BOX.bottom;
  const across = [0.2, 0.5, 1, 1.5, 2].map((value) => `<text x="${x(value)}" y="${foot + 16}" text-anchor="middle">${value}</text>`);
  const up = [0, 1, 2, 3, 4, 5].map(
    (value) =>
      `<line x1="${BOX.left}" x2="${width - BOX.right}" y1="${y(value)}" y2="${y(value)}"></line>` +
      `<text x="${BOX.left - 7}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const middle = (BOX.top + foot) / 2;
  const names =
    `<text x="${(BOX.left + width - BOX.right) / 2}" y="${height - 4}" text-anchor="middle">σ of q</text>` +
    `<text x="11" y="${middle}" text-anchor="middle" transform="rotate(-90 11 ${middle})">sd of the gradient</text>`;
  return up.join("") + across.join("") + names;
}
