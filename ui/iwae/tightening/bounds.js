// L_k of one image from its log-weights, as vaemodels/analysis/bounds.py and objectives.py give it: no DOM. Nats.

// The k that are shown; each divides the next, so that on the same draws their estimates rise.
const CHAIN = [1, 5, 10, 50, 100, 500, 1000, 5000];

// log (1/k) Σ w over places from … to − 1
function logMean(logW, from, to) {
  let largest = -Infinity;
  for (let i = from; i < to; i++) if (logW[i] > largest) largest = logW[i];
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(logW[i] - largest);
  return largest + Math.log(sum / (to - from));
}

// For every k of the chain up to n: { k, mean, spread, repeats } of L_k over disjoint blocks of k; spread, their standard
// deviation, is NaN where there is one block. All k take the same draws, those of the largest k's whole blocks among the
// first n, so that no mean is below the one before.
export function chainOf(logW, n) {
  const ks = CHAIN.filter((k) => k <= n);
  const used = n - (n % ks.at(-1));
  return ks.map((k) => {
    const repeats = used / k;
    const values = Float64Array.from({ length: repeats }, (_, block) => logMean(logW, block * k, (block + 1) * k));
    const mean = values.reduce((a, b) => a + b, 0) / repeats;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { k, mean, spread: repeats > 1 ? Math.sqrt(squares / (repeats - 1)) : NaN, repeats };
  });
}

// The mean of the first n log-weights, an estimate of the ELBO, and its standard error, NaN of one alone.
export function elboOf(logW, n) {
  const values = Array.from({ length: n }, (_, i) => logW[i]);
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, stderr: n > 1 ? Math.sqrt(squares / (n - 1) / n) : NaN };
}

// [m, log mean of the first m weights] for m = 1 to n, at most about `points` of them, evenly apart on a log axis.
export function runningOf(logW, n, points = 240) {
  const found = [];
  let largest = -Infinity;
  let sum = 0;
  let next = 1;
  for (let m = 1; m <= n; m++) {
    const value = logW[m - 1];
    if (value > largest) {
      sum *= Math.exp(largest - value);
      largest = value;
    }
    sum += Math.exp(value - largest);
    if (m >= next || m === n) {
      found.push([m, largest + Math.log(sum / m)]);
      next = Math.max(m + 1, m * CHAIN.at(-1) ** (1 / points));
    }
  }
  return found;
}

// The normalised weights of the first n draws: { order, weights, ess, carriers }, `order` the places of the draws from
// the largest weight down, `weights` in that order, `ess` = 1 / Σ w̃², and how many of them carry `share` of the sum.
export function weightsOf(logW, n, share = 0.9) {
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => logW[b] - logW[a]);
  const weights = Float64Array.from(order, (i) => Math.exp(logW[i] - logW[order[0]]));
  const total = weights.reduce((a, b) => a + b, 0);
  let squares = 0;
  let held = 0;
  let carriers = 0;
  for (let i = 0; i < n; i++) {
    weights[i] /= total;
    squares += weights[i] ** 2;
    if (held < share) carriers++;
    held += weights[i];
  }
  return { order, weights, ess: 1 / squares, carriers };
}
