// A multilayer perceptron as plain arithmetic on typed arrays: no DOM, no imports, nothing allocated per call.
//
// Its `layers` are [{ W: Float32Array (out × in, row by row), b: Float32Array (out), inputs, outputs }, …].

const ACTIVATIONS = {
  elu: (a) => (a > 0 ? a : Math.expm1(a)),
  tanh: Math.tanh,
  relu: (a) => (a > 0 ? a : 0),
  identity: (a) => a,
};

// Column 0 of an Arrow table made from a one-dimensional NumPy array, without a copy.
export const column = (table) => table.getChildAt(0).toArray();

// The layers that `mlp_data` in Python wrote into `data` under names that begin with `prefix`.
export function layersFrom(data, sizes, prefix = "") {
  return sizes.slice(1).map((outputs, i) => {
    return { W: column(data[`${prefix}W${i}`]), b: column(data[`${prefix}b${i}`]), inputs: sizes[i], outputs };
  });
}

// out = activate(W input + b)
function linear({ W, b, inputs, outputs }, input, activate, out) {
  for (let row = 0, at = 0; row < outputs; row++) {
    let sum0 = b[row];
    let sum1 = 0;
    let column = 0;
    for (; column + 1 < inputs; column += 2, at += 2) {
      sum0 += W[at] * input[column];
      sum1 += W[at + 1] * input[column + 1];
    }
    if (column < inputs) sum0 += W[at++] * input[column];
    out[row] = activate(sum0 + sum1);
  }
}

// The same of an input that is 0 but for its first `count` places in `places`: an image is mostly ground.
function linearOfFew({ W, b, inputs, outputs }, input, places, count, activate, out) {
  for (let row = 0, at = 0; row < outputs; row++, at += inputs) {
    let sum = b[row];
    for (let i = 0; i < count; i++) sum += W[at + places[i]] * input[places[i]];
    out[row] = activate(sum);
  }
}

// Returns run(input), which gives the last layer's output: an array of its own, filled anew by every call.
export function createMLP(layers, activation) {
  const outputs = layers.map((layer) => new Float32Array(layer.outputs));
  const places = new Int32Array(layers[0].inputs);
  const last = layers.length - 1;

  return function run(input) {
    let count = 0;
    for (let i = 0; i < places.length; i++) if (input[i] !== 0) places[count++] = i;
    const activate = (i) => ACTIVATIONS[i === last ? "identity" : activation];
    if (count < places.length / 2) linearOfFew(layers[0], input, places, count, activate(0), outputs[0]);
    else linear(layers[0], input, activate(0), outputs[0]);
    for (let i = 1; i <= last; i++) linear(layers[i], outputs[i - 1], activate(i), outputs[i]);
    return outputs[last];
  };
}

// log(1 + exp(a)), whatever the size of a
export const softplus = (a) => Math.max(a, 0) + Math.log1p(Math.exp(-Math.abs(a)));

// A raw output → log σ, by what `spread` of a model's configuration says that it is.
const LOG_STDS = {
  log_std: (a) => a,
  softplus_std: (a) => Math.log(softplus(a)),
  softplus_variance: (a) => Math.log(softplus(a)) / 2,
};

// A diagonal Gaussian from a network's output, the means and then what `spread` says, into `mean` and `std`.
export function gaussian(output, [lowest, highest], mean, std, spread = "log_std") {
  const dim = mean.length;
  const logStd = LOG_STDS[spread];
  for (let i = 0; i < dim; i++) {
    mean[i] = output[i];
    std[i] = Math.exp(Math.min(Math.max(logStd(output[dim + i]), lowest), highest));
  }
}
