// needs: decoder.js
// The prior of the latent that an explorer moves: draws from it, and what a plane of two of its dimensions shows of it.

const MOST_OUTLINES = 60; // components drawn as ellipses; of more only the means
const ANCESTRAL = 300; // draws that stand for a density without a closed form

// Returns { sample(), ellipses([horizontal, vertical]), density(dim), dots } of a network's prior. `sample` takes its
// numbers from `normal` and `uniform`; a model without a prior is sampled as though it were N(0, I). `ellipses` are
// { x, y, rx, ry, label }, of one standard deviation unless labelled; `density(dim)` is a function of z, or null.
// `dots` are draws, one after the other, where there are no ellipses to draw.
export function createPrior(network, normal = normals(1), uniform = uniforms(2)) {
  const { z_dim: dim, prior } = network.meta;
  const standard = () => Float32Array.from({ length: dim }, normal);
  if (prior === "mixture") return mixture(network.components, dim, normal, uniform);
  if (prior === "two-level") return twoLevels(network, normal);
  const rings = [1, 2].map((sigmas) => ({ x: 0, y: 0, rx: sigmas, ry: sigmas, label: `${sigmas}σ` }));
  return {
    sample: standard,
    ellipses: () => (prior ? rings : []),
    density: () => (prior ? (z) => Math.exp(-0.5 * z * z) : null),
    dots: null,
  };
}

function mixture({ means, stds }, dim, normal, uniform) {
  const count = means.length / dim;
  return {
    sample() {
      const at = Math.min(count - 1, Math.floor(uniform() * count)) * dim;
      return Float32Array.from({ length: dim }, (_, i) => means[at + i] + stds[at + i] * normal());
    },
    ellipses: ([horizontal, vertical]) =>
      Array.from({ length: count <= MOST_OUTLINES ? count : 0 }, (_, i) => ({
        x: means[i * dim + horizontal],
        y: means[i * dim + vertical],
        rx: stds[i * dim + horizontal],
        ry: stds[i * dim + vertical],
        label: "",
      })),
    // relative to that of a N(0, 1) at its mean
    density: (axis) => (z) => {
      let sum = 0;
      for (let at = axis; at < means.length; at += dim) sum += Math.exp(-0.5 * ((z - means[at]) / stds[at]) ** 2) / stds[at];
      return sum / count;
    },
    dots: count <= MOST_OUTLINES ? null : means,
  };
}

function twoLevels(network, normal) {
  const lower = createLower(network);
  const upperDim = network.upper[0].inputs;
  const sample = () => {
    const { mean, std } = lower(Float32Array.from({ length: upperDim }, normal));
    return mean.map((value, i) => value + std[i] * normal());
  };
  const dim = network.meta.z_dim;
  const dots = new Float32Array(ANCESTRAL * dim);
  for (let i = 0; i < ANCESTRAL; i++) dots.set(sample(), i * dim);
  return { sample, ellipses: () => [], density: () => null, dots };
}
