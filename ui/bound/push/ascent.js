// needs: gaussian.js posterior.js
// Uphill in the ELBO, by q's natural gradient.
//
// With z = m + A u, E_q[u f] and E_q[(u uᵀ − I) f] of f = log p(x, z) are the gradient and the mean curvature of f in q's
// own coordinates (Stein; Opper & Archambeau 2009). A step of the natural gradient mixes q's precision with what the
// curvature asks for, and moves the mean by the new covariance times the gradient (Khan & Rue 2023, eq. 8).

// Gauss and Hermite's six nodes along each axis.
const HERMITE = [
  [0.6167065901925942, 0.408828469556029],
  [1.889175877753711, 0.0886157460419145],
  [3.324257433552119, 0.00255578440205624],
].flatMap(([u, weight]) => [[u, weight], [-u, weight]]);
const GRID = HERMITE.flatMap(([u, a]) => HERMITE.map(([v, b]) => [u, v, a * b]));
const SMALLEST_GAIN = 5e-4; // nats of a step that is worth another
const MOST_STEPS = 80;

// E_q[f] + entropy, and what the natural gradient is made of.
function* look(joint, x, q) {
  const [a, b, c, d] = axesOf(q);
  const z = (u, v) => [q.mean[0] + a * u + b * v, q.mean[1] + c * u + d * v];
  const sums = { mean: 0, gradient: [0, 0], curvature: [0, 0, 0] };
  const values = new Float64Array(GRID.length);
  yield* byFours(joint, GRID.length, (k, zs, at) => zs.set(z(...GRID[k]), at), (k, j) => {
    values[k] = joint.logLikelihood(x, j) + joint.logPrior(...z(...GRID[k]));
  });
  GRID.forEach(([, , weight], k) => (sums.mean += weight * values[k]));
  GRID.forEach(([u, v, weight], k) => {
    const f = weight * (values[k] - sums.mean); // the same expectation, less rounding
    sums.gradient[0] += u * f;
    sums.gradient[1] += v * f;
    sums.curvature[0] += (u * u - 1) * f;
    sums.curvature[1] += u * v * f;
    sums.curvature[2] += (v * v - 1) * f;
  });
  const elbo = sums.mean + Math.log(q.std[0] * q.std[1]) + 1 + Math.log(2 * Math.PI);
  return { elbo, ...sums };
}

// { q, cut }: q after a step of the size `rate`, within its family; whether the step asked for more than it was let.
function stepped(q, family, { gradient: [g, h], curvature: [c11, c12, c22] }, rate) {
  let [p11, p12, p22] = [1 - rate - rate * c11, -rate * c12, 1 - rate - rate * c22];
  if (family !== "full") p12 = 0;
  if (family === "isotropic") p11 = p22 = (p11 + p22) / 2;
  const [least, most] = [0.25, 16]; // a width at most doubles, or falls to a quarter
  const isWithin = p11 >= least && p11 <= most && p22 >= least && p22 <= most;
  p11 = Math.min(Math.max(p11, least), most);
  p22 = Math.min(Math.max(p22, least), most);
  p12 = Math.max(-0.9, Math.min(0.9, p12 / Math.sqrt(p11 * p22))) * Math.sqrt(p11 * p22);
  const det = p11 * p22 - p12 * p12;
  const [s11, s12, s22] = [p22 / det, -p12 / det, p11 / det];
  let [u, v] = [rate * (s11 * g + s12 * h), rate * (s12 * g + s22 * h)];
  const far = Math.hypot(u, v);
  const cut = !isWithin || far > 2;
  if (far > 2) [u, v] = [(2 * u) / far, (2 * v) / far];
  const [a, b, c, d] = axesOf(q);
  const mean = [q.mean[0] + a * u + b * v, q.mean[1] + c * u + d * v];
  if (family !== "full") {
    const std = [q.std[0] * Math.sqrt(s11), q.std[1] * Math.sqrt(s22)];
    return { q: { mean, std, angle: 0 }, cut };
  }
  const root = lowerRoot(s11, s12, s22);
  const [e, f, k, l] = times([a, b, c, d], root);
  return { q: fromCovariance(mean, [e * e + f * f, e * k + f * l, k * k + l * l]), cut };
}

// One step: { q, gain, cut } in nats; shortened until the ELBO rises, and none where no step does. A generator.
export function* stepUp(joint, x, q, family, rate) {
  const here = yield* look(joint, x, q);
  for (let size = rate; size > 0.01; size /= 2) {
    const { q: next, cut } = stepped(q, family, here, size);
    if (!next.std.every((width) => width > 1e-4 && width < 5)) continue;
    const there = yield* look(joint, x, next);
    if (there.elbo > here.elbo) return { q: next, gain: there.elbo - here.elbo, cut: cut || size < rate };
  }
  return { q, gain: 0, cut: false };
}

// Steps until none gains anything, each given to `show`; a generator.
export function* climbUp(joint, x, q, family, show) {
  let idle = 0;
  for (let steps = 0; steps < MOST_STEPS && idle < 2; steps++) {
    const step = yield* stepUp(joint, x, q, family, 0.8);
    idle = step.gain < SMALLEST_GAIN ? idle + 1 : 0;
    q = step.q;
    show(q);
    yield "shown";
  }
  return q;
}
