// needs: likelihood.js
// What the decoder gives on a grid over the plane, kept so that log p(x|z) of a new image takes one product.

export const NODES = 64; // along a side

// Returns { half, spacing, fill, complete, score, at }. The grid spans ±half; `fill` decodes it, as a generator.
export function createTable(joint, network, half) {
  const { dim } = joint;
  const count = NODES * NODES;
  const spacing = (2 * half) / (NODES - 1);
  const gaussian = network.meta.family === "gaussian";
  const linear = new Float32Array(dim * count); // pixel by pixel: a pixel that is lit adds a whole row
  const square = gaussian ? new Float32Array(dim * count) : null;
  const constant = new Float64Array(count);
  const prior = new Float64Array(count);
  const ofNode = { linear: new Float32Array(dim), square: new Float32Array(dim) };
  let isComplete = false;

  const coordinate = (i) => i * spacing - half;

  function place(k, zs, at) {
    zs[at] = coordinate(Math.floor(k / NODES));
    zs[at + 1] = coordinate(k % NODES);
  }

  function keep(k, j) {
    constant[k] = joint.weights(j, ofNode.linear, ofNode.square);
    for (let i = 0; i < dim; i++) linear[i * count + k] = ofNode.linear[i];
    if (gaussian) for (let i = 0; i < dim; i++) square[i * count + k] = ofNode.square[i];
    prior[k] = joint.logPrior(coordinate(Math.floor(k / NODES)), coordinate(k % NODES));
  }

  function* fill() {
    yield* byFours(joint, count, place, keep);
    isComplete = true;
  }

  // log p(x|z) at all nodes into `likelihood`, log p(x, z) into `both`; a node's place is NODES · (that of z1) + (of z2).
  function score(x, likelihood, both) {
    likelihood.set(constant);
    for (let i = 0; i < dim; i++) {
      const value = x[i];
      if (!value) continue;
      for (let k = 0, at = i * count; k < count; k++, at++) likelihood[k] += value * linear[at];
      if (gaussian) for (let k = 0, at = i * count; k < count; k++, at++) likelihood[k] += value * value * square[at];
    }
    for (let k = 0; k < count; k++) both[k] = likelihood[k] + prior[k];
  }

  return { half, spacing, coordinate, fill, score, complete: () => isComplete };
}

const DENOMINATORS = [-120, 24, -12, 12, -24, 120];
const weightsAlong = [new Float64Array(6), new Float64Array(6)];

// Lagrange's polynomial through the six nodes around `place`, in units of the spacing; returns the first node.
function sixNodes(place, weights) {
  const first = Math.max(0, Math.min(NODES - 6, Math.floor(place) - 2));
  const t = place - first;
  for (let k = 0; k < 6; k++) {
    let product = 1 / DENOMINATORS[k];
    for (let other = 0; other < 6; other++) if (other !== k) product *= t - other;
    weights[k] = product;
  }
  return first;
}

// `values` of the nodes of a table, between them at z.
export function between(table, values, z1, z2) {
  const [w1, w2] = weightsAlong;
  const first = sixNodes((z1 + table.half) / table.spacing, w1);
  const second = sixNodes((z2 + table.half) / table.spacing, w2);
  let sum = 0;
  for (let i = 0; i < 6; i++) {
    let row = 0;
    for (let j = 0, at = (first + i) * NODES + second; j < 6; j++, at++) row += w2[j] * values[at];
    sum += w1[i] * row;
  }
  return sum;
}

// The nodes { z, value } that are higher than those around them and within `drop` of the highest, that first.
export function summits(table, values, drop, most) {
  const highest = values.reduce((a, b) => Math.max(a, b));
  const found = [];
  for (let i = 0; i < NODES; i++) {
    for (let j = 0; j < NODES; j++) {
      const value = values[i * NODES + j];
      if (value < highest - drop) continue;
      let isSummit = true;
      for (let di = -1; di <= 1; di++) {
        for (let dj = -1; dj <= 1; dj++) {
          const [k, l] = [i + di, j + dj];
          if (k < 0 || l < 0 || k >= NODES || l >= NODES) continue;
          if (values[k * NODES + l] > value) isSummit = false;
        }
      }
      if (isSummit) found.push({ z: [table.coordinate(i), table.coordinate(j)], value });
    }
  }
  return found.sort((a, b) => b.value - a.value).slice(0, most);
}
