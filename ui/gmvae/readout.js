// needs: ../components/names.js
// What is said of the chosen component and of the image, in words, bars and dots.

const BARS = 3; // components of the image that are named
const LINE = 30; // height of the dots' line above the axis, px

const percent = (share) => `${number(100 * share, share < 0.0995 ? 1 : 0)} %`;

// The chosen component in words, where they are read and where they are heard. `held` is { shares: [K], counts:
// [K · labels], labels, about }, what test images make of the components; `mean` begins with the chosen one's.
export function describe(root, { chosen, count, samples, dims, limit, mean, held }) {
  const find = (selector) => root.querySelector(selector);
  const name = `Component ${chosen + 1} of ${count.toLocaleString("en")}`;
  const text = held ? heldBy(chosen, held) : "";
  find(".name").textContent = `${name}:`;
  find(".held").textContent = text;
  const set = (node, attributes) => {
    for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  };
  set(find(".tiles"), { "aria-valuemax": count, "aria-valuenow": chosen + 1, "aria-valuetext": `${name}: ${text}` });
  const at = dims.filter((d) => d !== null).map((d) => `${named(d)} ${number(mean[d])}`);
  set(find(".plane"), {
    ...{ "aria-valuemin": -limit, "aria-valuemax": limit, "aria-valuenow": mean[dims[0]].toFixed(2) },
    "aria-valuetext": `mean of component ${chosen + 1} at ${at.join(", ")}`,
  });
  set(find(".mean"), { "aria-label": `Component ${chosen + 1}, decoded at its mean` });
  set(find(".samples"), { "aria-label": `${samples} samples of component ${chosen + 1}` });
}

// Its share, the mean p(i|z), and the digits of the images that it is the most probable component of.
function heldBy(i, { shares, counts, labels, about }) {
  const digits = Array.from(counts.subarray(i * labels, (i + 1) * labels), (images, digit) => ({ images, digit }));
  const some = digits.filter(({ images }) => images > 0).sort((a, b) => b.images - a.images);
  const total = some.reduce((sum, { images }) => sum + images, 0);
  const listed = some.map(({ images, digit }) => `${digit} ×${images}`).join(", ");
  const share = `mean p(i|z) ${percent(shares[i])} over ${about}`;
  return `${share}; the most probable one of ${total ? `${total}: ${listed}` : "none"}`;
}

// The image's largest responsibilities as bars in the list `root`.
export function showBars(root, responsibilities) {
  const order = Array.from(responsibilities.keys()).sort((a, b) => responsibilities[b] - responsibilities[a]);
  const shown = order.slice(0, BARS);
  while (root.children.length > shown.length) root.lastChild.remove();
  while (root.children.length < shown.length) {
    const row = document.createElement("li");
    row.append(...["span", "i", "b"].map((tag) => document.createElement(tag)));
    row.children[1].append(document.createElement("i"));
    root.append(row);
  }
  shown.forEach((i, row) => {
    const [name, bar, value] = root.children[row].children;
    name.textContent = `component ${i + 1}`;
    bar.firstChild.style.width = `${100 * responsibilities[i]}%`;
    value.textContent = percent(responsibilities[i]);
  });
}

// log q(z|x) − log p(z) at each draw as a dot over an axis in nats, with 0 and the mean marked.
export function drawDots(canvas, { kls, kl, negative }, theme) {
  const width = canvas.clientWidth;
  if (!width) return;
  const scale = globalThis.devicePixelRatio || 1;
  const height = LINE + 16;
  if (canvas.width !== Math.round(width * scale)) {
    [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const least = kls.reduce((a, b) => Math.min(a, b), 0);
  const most = kls.reduce((a, b) => Math.max(a, b), least + 1);
  const toX = (nats) => 8 + ((nats - least) / (most - least)) * (width - 16);
  context.strokeStyle = context.fillStyle = theme.text;
  context.globalAlpha = 0.6;
  for (const [nats, top] of [[0, 4], [kl, 0]]) context.fillRect(toX(nats) - 0.5, top, 1, LINE - top);
  context.fillRect(8, LINE, width - 16, 1);
  context.globalAlpha = 1;
  Object.assign(context, { font: `11px ${theme.font}`, textBaseline: "top" });
  const mark = (text, nats) => {
    const x = toX(nats);
    context.textAlign = x < 40 ? "left" : x > width - 60 ? "right" : "center";
    context.fillText(text, Math.max(2, Math.min(width - 2, x)), LINE + 4);
  };
  if (Math.abs(toX(kl) - toX(0)) > 44) mark("0", 0);
  mark(`mean ${number(kl, 1)}`, kl);
  context.fillStyle = theme.kl;
  context.globalAlpha = 0.8;
  kls.forEach((nats, i) => {
    context.beginPath();
    context.arc(toX(nats), 5 + ((i * 0.618) % 1) * (LINE - 10), 2.2, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
  const [from, to] = [kls.reduce((a, b) => Math.min(a, b)), kls.reduce((a, b) => Math.max(a, b))];
  const range = `from ${number(from, 1)} to ${number(to, 1)} nats, mean ${number(kl, 1)}`;
  const label = `log q(z|x) − log p(z) at ${kls.length} draws of z: ${range}, ${negative} of them below 0`;
  canvas.setAttribute("aria-label", label);
}
