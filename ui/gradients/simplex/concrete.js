// needs: ../../explorer/decoder.js
// Relaxed draws of three categories and their density: no DOM. The twin of `relaxed` and `concrete_log_density` in
// vaemodels/analysis/relaxations.py.

const GAMMA = 2; // Γ(3)

// Standard Gumbel noise −log(−log u), n rows of three.
export function gumbels(seed, n) {
  const next = uniforms(seed);
  return Float64Array.from({ length: 3 * n }, () => -Math.log(-Math.log(next() + 2 ** -33)));
}

// softmax((logits + noise) / τ) of each row, one after the other.
export function relaxed(logits, noise, tau) {
  const y = new Float64Array(noise.length);
  for (let at = 0; at < y.length; at += 3) {
    const a = logits.map((logit, i) => (logit + noise[at + i]) / tau);
    const top = Math.max(...a);
    const exps = a.map((value) => Math.exp(value - top));
    const sum = exps[0] + exps[1] + exps[2];
    for (let i = 0; i < 3; i++) y[at + i] = exps[i] / sum;
  }
  return y;
}

// log p(y) inside the simplex, by its first two coordinates.
export function logDensity(logits, y, tau) {
  let top = -Infinity;
  let sum = 0;
  let total = Math.log(GAMMA) + 2 * Math.log(tau);
  const a = logits.map((logit, i) => logit - tau * Math.log(y[i]));
  for (let i = 0; i < 3; i++) {
    total += a[i] - Math.log(y[i]);
    top = Math.max(top, a[i]);
  }
  for (const value of a) sum += Math.exp(value - top);
  return total - 3 * (top + Math.log(sum));
}
