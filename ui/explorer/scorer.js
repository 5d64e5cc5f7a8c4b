// needs: decoder.js
// −log p(x|z) of an image at many z, four of them at a time.

// out = activate(W input + b) of four inputs at once, which stand side by side: the first numbers of all four, then the
// second ones, … A weight that has been read is used four times, so that four cost less than two by themselves.
function linearOfFour({ W, b, inputs, outputs }, input, activate, out) {
  for (let row = 0, at = 0; row < outputs; row++) {
    let sum0 = b[row];
    let sum1 = sum0;
    let sum2 = sum0;
    let sum3 = sum0;
    for (let place = 0; place < 4 * inputs; place += 4, at++) {
      const weight = W[at];
      sum0 += weight * input[place];
      sum1 += weight * input[place + 1];
      sum2 += weight * input[place + 2];
      sum3 += weight * input[place + 3];
    }
    out[4 * row] = activate(sum0);
    out[4 * row + 1] = activate(sum1);
    out[4 * row + 2] = activate(sum2);
    out[4 * row + 3] = activate(sum3);
  }
}

// Returns run(input) of four inputs side by side, which gives the last layer's four outputs in the same way.
export function createMLPOfFour(layers, activation) {
  const outputs = layers.map((layer) => new Float32Array(4 * layer.outputs));
  return (input) => {
    layers.forEach((layer, i) => {
      const activate = ACTIVATIONS[i === layers.length - 1 ? "identity" : activation];
      linearOfFour(layer, i ? outputs[i - 1] : input, activate, outputs[i]);
    });
    return outputs.at(-1);
  };
}

// Returns score(zs, label, x, count, perPixel, nats): of four z, one after the other in `zs`, the first `count` count.
// It puts −log p(x|z) of each into `nats`, and adds that of each pixel, of all that count, to `perPixel`.
export function createScorer({ meta, layers }) {
  const { z_dim: zDim, n_labels: nLabels, family, std: fixedStd, log_std_limits: limits } = meta;
  const dim = meta.image_shape.reduce((a, b) => a * b, 1);
  const ofLogits = LOGIT_FAMILIES[family];
  const run = createMLPOfFour(layers, meta.activation);
  const input = new Float32Array(4 * (zDim + nLabels));

  const logStd = (output) => Math.min(Math.max(output, limits[0]), limits[1]);
  const gaussianNats = (x, mean, log) => 0.5 * (((x - mean) / Math.exp(log)) ** 2 + Math.log(2 * Math.PI)) + log;

  return function score(zs, label, x, count, perPixel, nats) {
    for (let i = 0; i < 4 * zDim; i++) input[4 * (i % zDim) + Math.floor(i / zDim)] = zs[i];
    for (let i = 0; i < 4 * nLabels; i++) input[4 * zDim + i] = Math.floor(i / 4) === label ? 1 : 0;
    const outputs = run(input);
    nats.fill(0);
    for (let i = 0; i < dim; i++) {
      for (let j = 0; j < count; j++) {
        const output = outputs[4 * i + j];
        let of;
        if (ofLogits) of = ofLogits.logPartition(output) - x[i] * output;
        else if (meta.output === "mean") of = gaussianNats(x[i], output, Math.log(fixedStd));
        else of = gaussianNats(x[i], output, logStd(outputs[4 * (dim + i) + j]));
        perPixel[i] += of;
        nats[j] += of;
      }
    }
  };
}
