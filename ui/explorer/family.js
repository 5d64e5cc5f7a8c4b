// needs: mlp.js
// Likelihoods of pixels between 0 and 1 by their logit l: log p(x) = x l − A(l), with the mean A′(l). A Gaussian is none.

export const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const NEAR_EVEN = 1e-2; // logits below which a series stands for closed forms that cancel

// log((eˡ − 1) / l)
function logOfMeanExp(l) {
  const size = Math.abs(l);
  return size < NEAR_EVEN ? l / 2 + (l * l) / 24 : Math.max(l, 0) + Math.log(-Math.expm1(-size) / size);
}

// 1 / (1 − e⁻ˡ) − 1 / l
const meanOfContinuous = (l) => (Math.abs(l) < NEAR_EVEN ? 0.5 + l / 12 : -1 / Math.expm1(-l) - 1 / l);

// log(1 + u (eˡ − 1)) / l, the value that a share u of draws falls below.
function quantileOfContinuous(l, u) {
  const size = Math.abs(l);
  if (size < 1e-9) return u;
  if (size < 1) return Math.log1p(u * Math.expm1(l)) / l;
  const share = l > 0 ? u : 1 - u; // from the end that has little ink
  const fromEnd = Math.min(1, -Math.log(share + (1 - share) * Math.exp(-size)) / size);
  return l > 0 ? 1 - fromEnd : fromEnd;
}

export const LOGIT_FAMILIES = {
  bernoulli: { logPartition: softplus, mean: sigmoid, quantile: (l, u) => (u < sigmoid(l) ? 1 : 0) },
  continuous_bernoulli: { logPartition: logOfMeanExp, mean: meanOfContinuous, quantile: quantileOfContinuous },
};
