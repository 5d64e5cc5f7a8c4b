// needs: decoder.js encoder.js scorer.js
// The terms of one image's ELBO, as `vaemodels.evaluation.image_terms` gives them for the same pixels and noise.

const LOG_2PI = Math.log(2 * Math.PI);

const klFromStandard = (mean, std) => 0.5 * (mean * mean + std * std - 1) - Math.log(std);

// Σ_i log N(z_i; mean_i, std_i²); mean and std begin at `at`
function logNormal(z, mean, std, at = 0) {
  let sum = 0;
  for (let i = 0; i < z.length; i++) sum -= 0.5 * ((z[i] - mean[at + i]) / std[at + i]) ** 2 + Math.log(std[at + i]) + 0.5 * LOG_2PI;
  return sum;
}

// log (1/K) Σ_k N(z; μ_k, diag σ_k²)
function logMixture(z, { means, stds }) {
  const logs = [];
  for (let at = 0; at < means.length; at += z.length) logs.push(logNormal(z, means, stds, at));
  const largest = logs.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0) / logs.length);
}

// Returns terms(x, label, most): the terms of the image x from the first `most` draws of the noise at most, in nats.
//
//   reconstruction, kl: { z, … }, nelbo    means over `draws` draws; the KL of a N(0, I) prior is exact
//   stderr                                 standard error of the reconstruction over the draws
//   klByDimension: { z: […], … }           where a KL is a sum over dimensions
//   logWeights                             log p(x, z) − log q(z|x) of each draw; null where labels are summed out, and
//                                          of a model without a prior or of two levels
//   perPixel                               parts of the reconstruction
//   code, std, label, probabilities        q(z|x): its mean, its σ (or null); the label that it stands for; q(y|x) or null
//   byLabel                                where labels are summed out { q, reconstruction, kl }: q(y|x), and the terms
//                                          under each label; else null
//   mean                                   the picture E[x|z] at the code
//
// Arrays are those of the last call.
export function createTerms(network, inference) {
  const { meta, noise } = inference;
  const decoder = createDecoder(network);
  const scoreFour = createScorer(network);
  const encoder = createEncoder(inference);
  const zDim = meta.z_dim;
  const draws = meta.draws;
  const zs = new Float32Array(4 * zDim);
  const nats = new Float64Array(4);
  const code = new Float32Array(zDim);
  const std = meta.deterministic ? null : new Float32Array(zDim);
  const byDraw = new Float64Array(draws); // the reconstruction
  const byWeight = new Float64Array(draws);
  const [zero, one] = [new Float32Array(zDim), new Float32Array(zDim).fill(1)];
  const weighs = !inference.classifier && ["standard", "mixture"].includes(network.meta.prior);
  const perPixel = new Float64Array(decoder.mean.length);
  const byDimension = new Float64Array(zDim);
  const mean = new Float32Array(decoder.mean.length);
  const two = meta.upper_from ? createTwoLevels(network, inference, encoder) : null;

  // Adds the terms of draws from q, weighted; returns { reconstruction, kl } of this q, not weighted.
  function score(x, label, q, weight, count, noiseAt) {
    let reconstruction = 0;
    let kl = 0;
    for (let first = 0; first < count; first += 4) {
      const many = Math.min(4, count - first);
      for (let i = 0; i < many * zDim; i++) {
        const drawn = q.std ? q.std[i % zDim] * noise.z[noiseAt + first * zDim + i] : 0;
        zs[i] = q.mean[i % zDim] + drawn;
      }
      scoreFour(zs, label, x, many, perPixel, nats);
      for (let j = 0; j < many; j++) {
        const z = zs.subarray(j * zDim, (j + 1) * zDim);
        byDraw[first + j] += weight * nats[j];
        reconstruction += nats[j];
        if (weighs) {
          const logQ = logNormal(z, q.mean, q.std);
          const logPrior = network.components ? logMixture(z, network.components) : logNormal(z, zero, one);
          byWeight[first + j] = logPrior - logQ - nats[j];
          if (network.components) kl += logQ - logPrior;
        }
        if (two) two.add(z, q, first + j);
      }
    }
    if (network.meta.prior === "standard") {
      for (let i = 0; i < zDim; i++) {
        const part = klFromStandard(q.mean[i], q.std[i]);
        byDimension[i] += weight * part;
        kl += count * part;
      }
    }
    return { reconstruction: reconstruction / count, kl: kl / count };
  }

  function terms(x, label = 0, most = draws) {
    const count = Math.min(most, draws);
    byDraw.fill(0);
    perPixel.fill(0);
    byDimension.fill(0);
    const probabilities = encoder.classify(x);
    const kl = {};
    let reconstruction = 0;
    let byLabel = null;
    if (probabilities) {
      kl.z = kl.y = 0;
      const total = new Float64Array(perPixel.length);
      byLabel = { q: probabilities, reconstruction: [], kl: [] };
      probabilities.forEach((probability, y) => {
        perPixel.fill(0);
        const of = score(x, y, encoder.encode(x, y), probability, count, y * draws * zDim);
        perPixel.forEach((nats, i) => (total[i] += probability * nats));
        byLabel.reconstruction.push(of.reconstruction);
        byLabel.kl.push(of.kl);
        reconstruction += probability * of.reconstruction;
        kl.z += probability * of.kl;
        if (probability > 0) kl.y += probability * Math.log(probability * probabilities.length);
      });
      perPixel.set(total);
      label = probabilities.indexOf(probabilities.reduce((a, b) => Math.max(a, b)));
    } else {
      two?.begin(x);
      const of = score(x, label, encoder.encode(x, label), 1, count, 0);
      reconstruction = of.reconstruction;
      if (two) Object.assign(kl, two.end(count));
      else if (network.meta.prior) kl.z = of.kl;
    }
    for (let i = 0; i < perPixel.length; i++) perPixel[i] /= count;
    const q = encoder.encode(x, label);
    code.set(q.mean);
    std?.set(q.std);
    mean.set(decoder.decode(code, label));
    const klByDimension = two ? { z2: two.byDimension } : network.meta.prior === "standard" ? { z: byDimension } : {};
    const nelbo = Object.values(kl).reduce((sum, value) => sum + value, reconstruction);
    const stderr = standardError(byDraw.subarray(0, count));
    const inferred = { code, std, label, probabilities, byLabel, mean, logWeights: weighs ? byWeight.subarray(0, count) : null };
    return { reconstruction, stderr, draws: count, kl, nelbo, klByDimension, perPixel, ...inferred };
  }

  return terms;
}

function standardError(values) {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return n > 1 ? Math.sqrt(squares / (n - 1) / n) : 0;
}

// The KLs of two levels, q(z1|x) q(z2|x) or q(z1|x) q(z2|z1), at the draws of z1 that are decoded (models/hvae.py).
function createTwoLevels(network, { meta, noise }, encoder) {
  const lower = createLower(network);
  const dim = network.upper[0].inputs;
  const z2 = new Float32Array(dim);
  const byDimension = new Float64Array(dim);
  let kl1, kl2, ofImage;

  function begin(x) {
    kl1 = kl2 = 0;
    byDimension.fill(0);
    ofImage = meta.upper_from === "x" ? encoder.encodeUpper(x) : null;
  }

  function add(z1, q1, draw) {
    const q2 = ofImage ?? encoder.encodeUpper(z1);
    for (let i = 0; i < dim; i++) {
      z2[i] = q2.mean[i] + q2.std[i] * noise.z2[draw * dim + i];
      const part = klFromStandard(q2.mean[i], q2.std[i]);
      byDimension[i] += part;
      kl2 += part;
    }
    const p1 = lower(z2);
    if (ofImage) kl1 += klBetween(q1, p1);
    else kl1 += logNormal(z1, q1.mean, q1.std) - logNormal(z1, p1.mean, p1.std);
  }

  function end(count) {
    for (let i = 0; i < dim; i++) byDimension[i] /= count;
    return { z1: kl1 / count, z2: kl2 / count };
  }

  return { begin, add, end, byDimension };
}

function klBetween(q, p) {
  let sum = 0;
  for (let i = 0; i < q.mean.length; i++) {
    const ratio = (q.std[i] / p.std[i]) ** 2;
    sum += 0.5 * (ratio + ((q.mean[i] - p.mean[i]) / p.std[i]) ** 2 - 1 - Math.log(ratio));
  }
  return sum;
}
