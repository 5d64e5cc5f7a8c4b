// A Gaussian q on the plane of two latents: { mean: [m1, m2], std: [s, t], angle }, the widths s and t along its own axes,
// of which the first is turned from z₁ by the angle, in (−π/4, π/4].

export const FAMILIES = ["isotropic", "diagonal", "full"];

const LOG_2PI_OF_Q = Math.log(2 * Math.PI);

// A of z = mean + A u, for u ~ N(0, I): [a11, a12, a21, a22].
export function axesOf({ std: [s, t], angle }) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [s * cos, -t * sin, s * sin, t * cos];
}

// The covariance A Aᵀ: [c11, c12, c22].
export function covarianceOf(q) {
  const [a, b, c, d] = axesOf(q);
  return [a * a + b * b, a * c + b * d, c * c + d * d];
}

// q with that mean and covariance.
export function fromCovariance(mean, [c11, c12, c22]) {
  const half = (c11 - c22) / 2;
  const root = Math.hypot(half, c12);
  const middle = (c11 + c22) / 2;
  const [large, small] = [middle + root, Math.max(middle - root, 1e-12)].map(Math.sqrt);
  const angle = 0.5 * Math.atan2(2 * c12, 2 * half); // of the longer axis, in (−π/2, π/2]
  if (angle > Math.PI / 4) return { mean, std: [small, large], angle: angle - Math.PI / 2 };
  if (angle <= -Math.PI / 4) return { mean, std: [small, large], angle: angle + Math.PI / 2 };
  return { mean, std: [large, small], angle };
}

// The q of a family that is nearest at hand: without the turn, and of the mean width.
export function inFamily({ mean, std, angle }, family) {
  if (family === "full") return { mean, std, angle };
  if (family === "diagonal") return { mean, std, angle: 0 };
  const width = Math.sqrt(std[0] * std[1]);
  return { mean, std: [width, width], angle: 0 };
}

// log q at z = mean + A u, from |u|².
export const logDensity = ({ std: [s, t] }, square) => -0.5 * square - Math.log(s * t) - LOG_2PI_OF_Q;

// KL(q ‖ N(0, I)) = ½ (tr C + |m|² − 2 − log det C), in nats.
export function klFromStandardNormal({ mean: [m1, m2], std: [s, t] }) {
  return 0.5 * (s * s + t * t + m1 * m1 + m2 * m2 - 2) - Math.log(s * t);
}

// Its parts: the KL of each dimension's marginal, and what the two share, KL(q ‖ q₁ q₂) = −½ log(1 − ρ²).
export function klByDimension(q) {
  const [c11, c12, c22] = covarianceOf(q);
  const of = (m, variance) => 0.5 * (m * m + variance - 1 - Math.log(variance));
  return [of(q.mean[0], c11), of(q.mean[1], c22), -0.5 * Math.log(Math.max(1 - (c12 * c12) / (c11 * c22), 1e-12))];
}

// Nodes u of a square lattice within `reach` of 0, at most `longest` apart on the plane and half a width in q's own
// coordinates, no more than `most` of them: Float64Array of u1, u2, weight, parity, one after the other. The weights are
// those of N(0, I); those of the even nodes add up to 1, and so do those of the odd ones.
export function latticeUnder({ std }, reach, longest, most) {
  let steps = std.map((width) => Math.min(0.5, longest / width));
  const expected = (Math.PI * reach * reach) / (steps[0] * steps[1]);
  if (expected > most) steps = steps.map((step) => Math.min(0.5, step * Math.sqrt(expected / most)));
  const ends = steps.map((step) => Math.floor(reach / step));
  const nodes = [];
  const sums = [0, 0];
  for (let i = -ends[0]; i <= ends[0]; i++) {
    for (let j = -ends[1]; j <= ends[1]; j++) {
      const [u, v] = [i * steps[0], j * steps[1]];
      if (u * u + v * v > reach * reach) continue;
      const weight = Math.exp(-0.5 * (u * u + v * v));
      const parity = Math.abs(i + j) % 2;
      sums[parity] += weight;
      nodes.push(u, v, weight, parity);
    }
  }
  for (let at = 0; at < nodes.length; at += 4) nodes[at + 2] /= sums[nodes[at + 3]];
  return Float64Array.from(nodes);
}
