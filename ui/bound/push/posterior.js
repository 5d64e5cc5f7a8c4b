// needs: likelihood.js
// The exact posterior of an image: log p(x, z) on a fine lattice that spreads from its peaks to wherever mass is.
//
// A lattice is z = origin + A (i, j) for whole i and j. Summed over one that is fine beside a peak, a smooth density is
// integrated to far more digits than are shown (vaemodels/analysis/quadrature.py).

export const DROP = 16; // nats below the highest node at which the lattice ends
const STEP = 0.7; // between nodes, in widths of the peak
const TOLERANCE = 0.02; // log p(x) may change by so much when every other node is left out
const MOST_POINTS = 16000;
const MOST_ROUNDS = 12; // of a climb, each on a lattice that fits better than the last
const MOST_MOVES = 25; // in a round; after so many the steps are too short
const AROUND = [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]];
const BESIDE = AROUND.slice(0, 4);

const keyOf = (i, j) => (i + 32768) * 65536 + (j + 32768);

function createLattice(joint, x, origin, A) {
  const values = new Map(); // of nodes, by key: { i, j, value }
  const placeOf = (i, j) => [origin[0] + A[0] * i + A[1] * j, origin[1] + A[2] * i + A[3] * j];

  // Sees to it that nodes have their values; yields after every four.
  function* visit(cells) {
    const fresh = cells.filter(([i, j]) => !values.has(keyOf(i, j)));
    const places = fresh.map(([i, j]) => placeOf(i, j));
    yield* byFours(joint, fresh.length, (k, zs, at) => zs.set(places[k], at), (k, at) => {
      const [i, j] = fresh[k];
      values.set(keyOf(i, j), { i, j, value: joint.logLikelihood(x, at) + joint.logPrior(...places[k]) });
    });
    return fresh.map(([i, j]) => values.get(keyOf(i, j)));
  }

  return { origin, A, values, placeOf, visit, at: (i, j) => values.get(keyOf(i, j)).value };
}

// Uphill from `start`, on lattices that come to fit the peak: { z, value, A }, A the peak's widths.
function* climb(joint, x, start, A) {
  let z = start;
  let value = -Infinity;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const lattice = createLattice(joint, x, z, A);
    let [i, j] = [0, 0];
    let isThere = false;
    yield* lattice.visit([[0, 0]]);
    for (let moves = 0; moves < MOST_MOVES && !isThere; moves++) {
      const near = AROUND.map(([di, dj]) => [i + di, j + dj]);
      yield* lattice.visit(near);
      const best = near.reduce((a, b) => (lattice.at(...b) > lattice.at(...a) ? b : a));
      isThere = lattice.at(...best) <= lattice.at(i, j);
      if (!isThere) [i, j] = best;
    }
    z = lattice.placeOf(i, j);
    value = lattice.at(i, j);
    const fitted = isThere ? fit(lattice, i, j) : null;
    if (!isThere) A = A.map((entry) => 3 * entry);
    else if (!fitted) A = A.map((entry) => entry / 2);
    else {
      A = times(A, fitted.root.map((entry) => STEP * entry));
      if (fitted.fits) return { z, value, A };
    }
  }
  return { z, value, A };
}

// The peak as a quadratic sees it: a root of its covariance in steps of the lattice, and whether the steps fit it.
function fit(lattice, i, j) {
  const f = (di, dj) => lattice.at(i + di, j + dj);
  const a = 2 * f(0, 0) - f(1, 0) - f(-1, 0);
  const c = 2 * f(0, 0) - f(0, 1) - f(0, -1);
  const b = -(f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / 4;
  const det = a * c - b * b;
  if (!(a > 0 && c > 0 && det > 1e-3 * a * c)) return null;
  const root = lowerRoot(c / det, -b / det, a / det);
  const width = Math.sqrt(1 / Math.sqrt(det));
  return { root, fits: width > 0.8 && width < 3 && a / c < 9 && c / a < 9 };
}

// Cholesky's root of [[c11, c12], [c12, c22]].
function lowerRoot(c11, c12, c22) {
  const first = Math.sqrt(c11);
  return [first, 0, c12 / first, Math.sqrt(Math.max(c22 - (c12 * c12) / c11, 1e-18))];
}

export const times = ([a, b, c, d], [e, f, g, h]) => [a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h];

export function inverse([a, b, c, d]) {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det];
}

// Steps that fit every peak: their precisions added up.
function common(peaks) {
  if (peaks.length === 1) return peaks[0].A;
  const sum = [0, 0, 0];
  for (const { A } of peaks) {
    const [a, b, c, d] = inverse(A);
    sum[0] += a * a + c * c;
    sum[1] += a * b + c * d;
    sum[2] += b * b + d * d;
  }
  const det = sum[0] * sum[2] - sum[1] * sum[1];
  return lowerRoot(sum[2] / det, -sum[1] / det, sum[0] / det);
}

// From the peaks to all nodes within DROP of the highest, the highest first.
function* spread(lattice, starts) {
  const back = inverse(lattice.A);
  const frontier = [];
  let highest = -Infinity;
  const add = (nodes) => {
    for (const node of nodes) {
      highest = Math.max(highest, node.value);
      frontier.push(node);
    }
  };
  for (const { z } of starts) {
    const [u, v] = [z[0] - lattice.origin[0], z[1] - lattice.origin[1]];
    add(yield* lattice.visit([[Math.round(back[0] * u + back[1] * v), Math.round(back[2] * u + back[3] * v)]]));
  }
  while (frontier.length && lattice.values.size < MOST_POINTS) {
    let best = 0;
    for (let k = 1; k < frontier.length; k++) if (frontier[k].value > frontier[best].value) best = k;
    const { i, j, value } = frontier[best];
    frontier[best] = frontier.at(-1);
    frontier.pop();
    if (value < highest - DROP) break;
    add(yield* lattice.visit(BESIDE.map(([di, dj]) => [i + di, j + dj])));
  }
  return highest;
}

// log ∫ p(x, z) dz from the nodes of a lattice, and how much it changes when every other one is left out.
function integrate({ A, values }, highest) {
  const sums = [0, 0];
  for (const { i, j, value } of values.values()) sums[Math.abs(i + j) % 2] += Math.exp(value - highest);
  const cell = Math.abs(A[0] * A[3] - A[1] * A[2]);
  const total = sums[0] + sums[1];
  return { logP: highest + Math.log(total * cell), coarser: Math.abs(Math.log((2 * sums[0]) / total)) };
}

// Finds the posterior of x from the `seeds`, z with `A` a guess at the widths there, but for those within `near` of a
// peak that another has led to; a generator that yields often and returns { logP, coarser, highest, lattice, peaks, mean, covariance, decoded }.
export function* findPosterior(joint, x, seeds, near = 0) {
  const peaks = [];
  for (const { z, A } of seeds) {
    if (peaks.some((peak) => Math.hypot(z[0] - peak.z[0], z[1] - peak.z[1]) < near)) continue;
    const peak = yield* climb(joint, x, z, A);
    const isKnown = peaks.some((other) => {
      const [a, b, c, d] = inverse(other.A);
      const [u, v] = [peak.z[0] - other.z[0], peak.z[1] - other.z[1]];
      return (a * u + b * v) ** 2 + (c * u + d * v) ** 2 < 4 / STEP ** 2;
    });
    if (!isKnown) peaks.push(peak);
  }
  peaks.sort((a, b) => b.value - a.value);
  const counted = peaks.filter(({ value }) => value > peaks[0].value - DROP);
  let A = common(counted);
  let decoded = 0;
  for (let round = 0; ; round++) {
    const lattice = createLattice(joint, x, counted[0].z, A);
    const highest = yield* spread(lattice, counted);
    const { logP, coarser } = integrate(lattice, highest);
    decoded += lattice.values.size;
    if (coarser < TOLERANCE || round === 3) {
      return { logP, coarser, highest, lattice, peaks: counted, decoded, ...moments(lattice, logP) };
    }
    A = A.map((entry) => entry / 2);
  }
}

// E[z|x] and Cov[z|x] as [c11, c12, c22].
function moments(lattice, logP) {
  const cell = Math.abs(lattice.A[0] * lattice.A[3] - lattice.A[1] * lattice.A[2]);
  const nodes = Array.from(lattice.values.values(), ({ i, j, value }) => {
    return { z: lattice.placeOf(i, j), mass: Math.exp(value - logP) * cell };
  });
  const mean = [0, 0];
  for (const { z, mass } of nodes) for (let d = 0; d < 2; d++) mean[d] += mass * z[d];
  const covariance = [0, 0, 0];
  for (const { z, mass } of nodes) {
    const [u, v] = [z[0] - mean[0], z[1] - mean[1]];
    covariance[0] += mass * u * u;
    covariance[1] += mass * u * v;
    covariance[2] += mass * v * v;
  }
  return { mean, covariance };
}

// The share of all mass found, on the lattice and on a table's nodes that the lattice leaves out, which the lattice has.
export function captured({ lattice, logP }, table, both) {
  const back = inverse(lattice.A);
  let outside = 0;
  for (let k = 0; k < both.length; k++) {
    if (both[k] < logP - 30) continue;
    const u = table.coordinate(Math.floor(k / NODES)) - lattice.origin[0];
    const v = table.coordinate(k % NODES) - lattice.origin[1];
    const key = keyOf(Math.round(back[0] * u + back[1] * v), Math.round(back[2] * u + back[3] * v));
    if (!lattice.values.has(key)) outside += Math.exp(both[k] - logP) * table.spacing ** 2;
  }
  return 1 / (1 + outside);
}

const FARTHEST = 1000; // steps from the highest node to those that are drawn: a peak beyond would be a dot

// Returns z1, z2 → log p(x, z) between the nodes of a lattice, −Infinity where there are none.
export function onLattice({ lattice, highest }) {
  const all = Array.from(lattice.values.values());
  const top = all.find(({ value }) => value === highest);
  const nodes = all.filter(({ i, j }) => Math.max(Math.abs(i - top.i), Math.abs(j - top.j)) < FARTHEST);
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const { i, j } of nodes) {
    low[0] = Math.min(low[0], i);
    low[1] = Math.min(low[1], j);
    high[0] = Math.max(high[0], i);
    high[1] = Math.max(high[1], j);
  }
  // a rim of two nodes for the polynomials
  const [columns, rows] = [high[0] - low[0] + 5, high[1] - low[1] + 5];
  const grid = new Float32Array(columns * rows).fill(highest - DROP - 8);
  for (const { i, j, value } of nodes) grid[(i - low[0] + 2) * rows + j - low[1] + 2] = Math.max(value, highest - DROP - 8);
  const back = inverse(lattice.A);
  const w1 = new Float64Array(4);
  const w2 = new Float64Array(4);
  return (z1, z2) => {
    const [u, v] = [z1 - lattice.origin[0], z2 - lattice.origin[1]];
    const p = back[0] * u + back[1] * v - low[0] + 2;
    const q = back[2] * u + back[3] * v - low[1] + 2;
    const [i, j] = [Math.floor(p), Math.floor(q)];
    if (i < 1 || j < 1 || i > columns - 3 || j > rows - 3) return -Infinity;
    fourNodes(p - i, w1);
    fourNodes(q - j, w2);
    let sum = 0;
    for (let k = 0; k < 4; k++) {
      const at = (i + k - 1) * rows + j - 1;
      sum += w1[k] * (w2[0] * grid[at] + w2[1] * grid[at + 1] + w2[2] * grid[at + 2] + w2[3] * grid[at + 3]);
    }
    return sum;
  };
}

// Lagrange's polynomial through the nodes −1, 0, 1, 2 at t between 0 and 1.
function fourNodes(t, weights) {
  weights[0] = (-t * (t - 1) * (t - 2)) / 6;
  weights[1] = ((t + 1) * (t - 1) * (t - 2)) / 2;
  weights[2] = (-(t + 1) * t * (t - 2)) / 2;
  weights[3] = ((t + 1) * t * (t - 1)) / 6;
}
