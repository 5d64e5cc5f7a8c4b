// What draws from an image's q(z|x) tell of it under the mixture (1/K) Σ_i N(μ_i, diag σ_i²), as
// vaemodels/analysis/mixtures.py computes it of the same noise.

// `means` and `stds` hold the components one after the other, and are read anew by every call: means may be moved.
// Returns measure(q, noise): { responsibilities, kls, kl, negative } of the draws z = mean + std · ε, ε in `noise` one
// draw after the other: E_q[p(i|z)] of each component, log q(z|x) − log p(z) in nats at each draw, their mean, and how
// many are below 0. The arrays are those of the last call.
export function createMeasures({ means, stds }, dim) {
  const count = means.length / dim;
  const precision = stds.map((std) => 1 / std);
  const scale = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let d = 0; d < dim; d++) sum -= Math.log(stds[i * dim + d]);
    return sum;
  });
  const logs = new Float64Array(count);
  const responsibilities = new Float64Array(count);
  const z = new Float64Array(dim);
  let kls = new Float64Array(0);

  // Σ_d −½ log 2π is in log q and in log p alike, and left out of both.
  function logPrior() {
    let largest = -Infinity;
    for (let i = 0, at = 0; i < count; i++) {
      let square = 0;
      for (let d = 0; d < dim; d++, at++) square += ((z[d] - means[at]) * precision[at]) ** 2;
      logs[i] = scale[i] - 0.5 * square;
      if (logs[i] > largest) largest = logs[i];
    }
    let sum = 0;
    for (let i = 0; i < count; i++) sum += logs[i] = Math.exp(logs[i] - largest);
    for (let i = 0; i < count; i++) logs[i] /= sum; // p(i|z) from here on
    return largest + Math.log(sum / count);
  }

  return function measure(q, noise) {
    const draws = noise.length / dim;
    if (kls.length !== draws) kls = new Float64Array(draws);
    responsibilities.fill(0);
    let kl = 0;
    let negative = 0;
    for (let draw = 0; draw < draws; draw++) {
      let logQ = 0;
      for (let d = 0; d < dim; d++) {
        const epsilon = noise[draw * dim + d];
        z[d] = q.mean[d] + q.std[d] * epsilon;
        logQ -= 0.5 * epsilon * epsilon + Math.log(q.std[d]);
      }
      kls[draw] = logQ - logPrior();
      kl += kls[draw] / draws;
      if (kls[draw] < 0) negative++;
      for (let i = 0; i < count; i++) responsibilities[i] += logs[i] / draws;
    }
    return { responsibilities, kls, kl, negative };
  };
}
