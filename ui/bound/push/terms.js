// needs: gaussian.js likelihood.js table.js
// Both readings of −ELBO[q]: exactly, from decoded nodes under q, and at once, from the table.

const EXACT = { reach: 5.2, longest: 0.03, most: 12000 };
const LIVE = { reach: 4.2, longest: 0.12, most: 420 };

function placeUnder(q, nodes) {
  const [a, b, c, d] = axesOf(q);
  return (k, zs, at) => {
    const [u, v] = [nodes[4 * k], nodes[4 * k + 1]];
    zs[at] = q.mean[0] + a * u + b * v;
    zs[at + 1] = q.mean[1] + c * u + d * v;
  };
}

// The terms of x under q; a generator. The reconstruction is summed over one half of the nodes, the gap over the other.
//
//   { reconstruction, kl, gap, perPixel, decoded }    in nats; gap = KL(q ‖ p(z|x)), from log p(x) = `logP`
export function* exactTerms(joint, x, q, logP) {
  const nodes = latticeUnder(q, EXACT.reach, EXACT.longest, EXACT.most);
  const place = placeUnder(q, nodes);
  const z = new Float64Array(2);
  const perPixel = new Float64Array(joint.dim);
  const sums = { reconstruction: 0, gap: logP, kl: 0 };
  yield* byFours(joint, nodes.length / 4, place, (k, j) => {
    const [u, v, weight, parity] = nodes.subarray(4 * k, 4 * k + 4);
    place(k, z, 0);
    const prior = joint.logPrior(z[0], z[1]);
    const log = logDensity(q, u * u + v * v);
    if (parity) {
      sums.gap += weight * (log - prior - joint.logLikelihood(x, j));
    } else {
      sums.kl += weight * (log - prior);
      joint.add(x, j, weight, perPixel);
    }
  });
  sums.reconstruction = perPixel.reduce((a, b) => a + b, 0);
  if (!joint.mixed) sums.kl = klFromStandardNormal(q);
  return { ...sums, perPixel, decoded: nodes.length / 4 };
}

// The same but for the pixels, from log p(x|z) at the nodes of a table, to a few hundredths of a nat; null where q
// reaches over the table's edge.
export function liveTerms(joint, table, likelihood, q, logP) {
  const nodes = latticeUnder(q, LIVE.reach, LIVE.longest, LIVE.most);
  const place = placeUnder(q, nodes);
  const z = new Float64Array(2);
  let reconstruction = 0;
  let kl = 0;
  for (let k = 0; 4 * k < nodes.length; k++) {
    place(k, z, 0);
    if (Math.abs(z[0]) > table.half || Math.abs(z[1]) > table.half) return null;
    const weight = nodes[4 * k + 2] / 2; // both halves at once
    reconstruction -= weight * between(table, likelihood, z[0], z[1]);
    const square = nodes[4 * k] ** 2 + nodes[4 * k + 1] ** 2;
    kl += weight * (logDensity(q, square) - joint.logPrior(z[0], z[1]));
  }
  if (!joint.mixed) kl = klFromStandardNormal(q);
  return { reconstruction, kl, gap: reconstruction + kl + logP };
}

// A few decoded nodes in place of the table, where there is none yet.
export function roughTerms(joint, x, q, logP) {
  const nodes = [[0, 0, 1 / 2], [2, 0, 1 / 8], [-2, 0, 1 / 8], [0, 2, 1 / 8], [0, -2, 1 / 8]];
  const flat = Float64Array.from(nodes.flatMap(([u, v, weight]) => [u, v, weight, 0]));
  const place = placeUnder(q, flat);
  const z = new Float64Array(2);
  let reconstruction = 0;
  let kl = 0;
  const all = byFours(joint, nodes.length, place, (k, j) => {
    const [u, v, weight] = nodes[k];
    place(k, z, 0);
    reconstruction -= weight * joint.logLikelihood(x, j);
    kl += weight * (logDensity(q, u * u + v * v) - joint.logPrior(z[0], z[1]));
  });
  while (!all.next().done);
  if (!joint.mixed) kl = klFromStandardNormal(q);
  return { reconstruction, kl, gap: reconstruction + kl + logP };
}
