// needs: ../../explorer/elbo.js
// log p(x|z) and log p(z) of a model of two latents, four z at a time.

// Returns { dim, decode, weights, add, logLikelihood, logPrior }.
export function createJoint(network) {
  const { meta, layers } = network;
  const { family, std: fixedStd, log_std_limits: limits, output } = meta;
  const dim = meta.image_shape.reduce((a, b) => a * b, 1);
  const run = createMLPOfFour(layers, meta.activation);
  const input = new Float32Array(8);
  const ofLogits = LOGIT_FAMILIES[family];
  const perPixelStd = output === "per_pixel";
  const mixed = meta.prior === "mixture";
  const zeros = [0, 0];
  const ones = [1, 1];
  const pair = [0, 0];
  let outputs;

  // Decodes the z of `zs`, z1 and z2 of four one after the other; what follows is about these.
  function decode(zs) {
    for (let j = 0; j < 4; j++) {
      input[j] = zs[2 * j];
      input[4 + j] = zs[2 * j + 1];
    }
    outputs = run(input);
  }

  const stdAt = (i, j) => {
    return perPixelStd ? Math.exp(Math.min(Math.max(outputs[4 * (dim + i) + j], limits[0]), limits[1])) : fixedStd;
  };

  // As a function of x, log p(x|z) = Σ_i linear_i x_i + square_i x_i² + constant: the parts of the j-th z. `square` is
  // filled for Gaussian pixels alone.
  function weights(j, linear, square) {
    let constant = 0;
    for (let i = 0; i < dim; i++) {
      const value = outputs[4 * i + j];
      if (ofLogits) {
        linear[i] = value;
        constant -= ofLogits.logPartition(value);
      } else {
        const std = stdAt(i, j);
        linear[i] = value / (std * std);
        square[i] = -0.5 / (std * std);
        constant -= 0.5 * (value / std) ** 2 + Math.log(std) + 0.5 * LOG_2PI;
      }
    }
    return constant;
  }

  // Adds `weight` times −log p(x_i|z) of the j-th z to perPixel[i].
  function add(x, j, weight, perPixel) {
    for (let i = 0; i < dim; i++) {
      const value = outputs[4 * i + j];
      if (ofLogits) perPixel[i] += weight * (ofLogits.logPartition(value) - x[i] * value);
      else {
        const std = stdAt(i, j);
        perPixel[i] += weight * (0.5 * ((x[i] - value) / std) ** 2 + Math.log(std) + 0.5 * LOG_2PI);
      }
    }
  }

  // log p(x|z) of the j-th z.
  function logLikelihood(x, j) {
    let sum = 0;
    for (let i = 0; i < dim; i++) {
      const value = outputs[4 * i + j];
      if (ofLogits) sum += x[i] * value - ofLogits.logPartition(value);
      else {
        const std = stdAt(i, j);
        sum -= 0.5 * (((x[i] - value) / std) ** 2 + LOG_2PI) + Math.log(std);
      }
    }
    return sum;
  }

  function logPrior(z1, z2) {
    pair[0] = z1;
    pair[1] = z2;
    return mixed ? logMixture(pair, network.components) : logNormal(pair, zeros, ones);
  }

  return { dim, mixed, decode, weights, add, logLikelihood, logPrior };
}

// Calls `visit(k, j)` for each of `count` z, where `place(k, zs, at)` puts z k into `zs` and j says which of the four
// just decoded it is; yields after every four.
export function* byFours(joint, count, place, visit) {
  const zs = new Float64Array(8);
  for (let first = 0; first < count; first += 4) {
    const many = Math.min(4, count - first);
    for (let j = 0; j < 4; j++) place(Math.min(first + j, count - 1), zs, 2 * j);
    joint.decode(zs);
    for (let j = 0; j < many; j++) visit(first + j, j);
    yield;
  }
}
