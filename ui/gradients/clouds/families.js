// needs: ../../explorer/decoder.js
// Pathwise and score-function gradients for a parameter of a distribution, draw by draw: no DOM. The twin of
// vaemodels/analysis/estimators.py.

const NODES = 4097;

const normalNoise = (seed, n) => Float64Array.from({ length: n }, normals(seed));
const uniformNoise = (to) => (seed, n) => {
  const next = uniforms(seed);
  return Float64Array.from({ length: n }, () => to(next() + 2 ** -33)); // never 0 nor 1
};
const standardNormal = (t) => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);

// `noise` gives n draws of ε of a seed; z = transform(ε, θ, s); by parameter, slope = ∂z/∂ and score = ∂ log p(z; θ, s)/∂
// of it. `at`, `density` and `span` are for quadrature: ε = at(t) with t of that density. `theta` and `scale` are ranges.
export const FAMILIES = {
  normal: {
    title: "normal N(μ, σ²)", g: "μ + σε", names: ["μ", "σ"], theta: [-3, 3], scale: [0.01, 2],
    noise: normalNoise,
    transform: (e, theta, s) => theta + s * e,
    slope: { theta: () => 1, scale: (e) => e },
    score: { theta: (e, theta, s) => e / s, scale: (e, theta, s) => (e * e - 1) / s },
    at: (t) => t, density: standardNormal, span: [-14, 14],
  },
  lognormal: {
    title: "log-normal", g: "exp(μ + σε)", names: ["μ", "σ"], theta: [-1, 1], scale: [0.01, 1],
    noise: normalNoise,
    transform: (e, theta, s) => Math.exp(theta + s * e),
    slope: { theta: (e, theta, s) => Math.exp(theta + s * e), scale: (e, theta, s) => e * Math.exp(theta + s * e) },
    score: { theta: (e, theta, s) => e / s, scale: (e, theta, s) => (e * e - 1) / s },
    at: (t) => t, density: standardNormal, span: [-14, 14],
  },
  exponential: {
    title: "exponential", g: "m ε", names: ["m", ""], theta: [0.2, 3], scale: [1, 1],
    noise: uniformNoise((u) => -Math.log1p(-u)),
    transform: (e, theta) => theta * e,
    slope: { theta: (e) => e },
    score: { theta: (e, theta) => (e - 1) / theta },
    at: Math.exp, density: (t) => Math.exp(t - Math.exp(t)), span: [-36, 5],
  },
  gumbel: {
    title: "Gumbel", g: "μ + βε", names: ["μ", "β"], theta: [-3, 3], scale: [0.01, 2],
    noise: uniformNoise((u) => -Math.log(-Math.log(u))),
    transform: (e, theta, s) => theta + s * e,
    slope: { theta: () => 1, scale: (e) => e },
    score: { theta: (e, theta, s) => (1 - Math.exp(-e)) / s, scale: (e, theta, s) => (e * (1 - Math.exp(-e)) - 1) / s },
    at: (t) => t, density: (t) => Math.exp(-t - Math.exp(-t)), span: [-5, 60],
  },
};

// f, its derivative, and the range of k.
export const COSTS = {
  square: { title: "(z − k)²", range: [-3, 3], f: (z, k) => (z - k) ** 2, slope: (z, k) => 2 * (z - k) },
  cos: { title: "cos kz", range: [0, 10], f: (z, k) => Math.cos(k * z), slope: (z, k) => -k * Math.sin(k * z) },
  exp: {
    title: "exp(−kz²)", range: [0, 10],
    f: (z, k) => Math.exp(-k * z * z),
    slope: (z, k) => -2 * k * z * Math.exp(-k * z * z),
  },
  step: { title: "1 if z > k, else 0", range: [-3, 3], f: (z, k) => (z > k ? 1 : 0), slope: () => 0 },
};

// Of `now`, a distribution and a cost with their parameters and the one, `wrt`, that the gradient is for.
const atDraw = (family, cost, { theta, scale, k, wrt }, e) => {
  const z = family.transform(e, theta, scale);
  return {
    z,
    pathwise: cost.slope(z, k) * family.slope[wrt](e, theta, scale),
    score: cost.f(z, k) * family.score[wrt](e, theta, scale),
  };
};

// { z, pathwise, score } of each ε of `noise`, as arrays.
export function estimatesOf(now, noise) {
  const [family, cost] = [FAMILIES[now.family], COSTS[now.cost]];
  const found = { z: new Float64Array(noise.length), pathwise: new Float64Array(noise.length), score: new Float64Array(noise.length) };
  noise.forEach((e, i) => {
    const at = atDraw(family, cost, now, e);
    for (const name in found) found[name][i] = at[name];
  });
  return found;
}

// By quadrature, each estimator's { mean, std }. The score's mean is the exact gradient, which a step has too.
export function exactOf(now) {
  const [family, cost] = [FAMILIES[now.family], COSTS[now.cost]];
  const [low, high] = family.span;
  const step = (high - low) / (NODES - 1);
  const sums = { pathwise: [0, 0], score: [0, 0] };
  for (let i = 0; i < NODES; i++) {
    const t = low + i * step;
    const weight = family.density(t) * step;
    if (!(weight > 0)) continue;
    const at = atDraw(family, cost, now, family.at(t));
    for (const name in sums) {
      sums[name][0] += weight * at[name];
      sums[name][1] += weight * at[name] ** 2;
    }
  }
  const moments = ([mean, square]) => ({ mean, std: Math.sqrt(Math.max(0, square - mean * mean)) });
  return { pathwise: moments(sums.pathwise), score: moments(sums.score) };
}

export function momentsOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: Math.sqrt(squares / (values.length - 1)) };
}
