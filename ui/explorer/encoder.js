// needs: mlp.js
// The inference model of a network, as `encoder_data` in Python describes it: x → q(z|x), with what else it infers.
//
// An `inference` is
//   meta        the description
//   encoder     layers of q(z|x), or of q(z|x, y) where meta.given_label; classifier those of q(y|x)
//   encoder_z2  those of q(z2|x) or q(z2|z1), whichever meta.upper_from says ("x" or "z")
//   guesser     layers of a classifier that guesses the label for a model that is told it
//   noise       { z, z2 } that draws are made of, one draw after the other (of each label, where those are summed out)

const NETWORKS = ["encoder", "classifier", "encoder_z2", "guesser"];

export function inferenceFrom(data) {
  const { meta } = data;
  const inference = { meta, noise: { z: data.noise_z && column(data.noise_z), z2: data.noise_z2 && column(data.noise_z2) } };
  for (const name of NETWORKS) {
    if (meta.sizes[name]) inference[name] = layersFrom(data, meta.sizes[name], `${name}_`);
  }
  return inference;
}

// Returns classify(x), which fills and returns an array of its own: the probabilities of each label.
export function createClassifier(layers) {
  const run = createMLP(layers, "relu");
  const probabilities = new Float32Array(layers.at(-1).outputs);
  return function classify(x) {
    const logits = run(x);
    const largest = logits.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    for (let i = 0; i < logits.length; i++) sum += probabilities[i] = Math.exp(logits[i] - largest);
    for (let i = 0; i < logits.length; i++) probabilities[i] /= sum;
    return probabilities;
  };
}

// Returns { classify(x), encode(x, label), encodeUpper(below) }, each filling and returning arrays of its own: the
// probabilities q(y|x) or null; { mean, std } of q(z|x), std null of a code without a distribution; { mean, std } of z2.
export function createEncoder({ meta, encoder, classifier, encoder_z2: encoderZ2 }) {
  const { z_dim: dim, n_labels: nLabels, given_label: givenLabel, log_std_limits: limits, spread } = meta;
  const run = createMLP(encoder, meta.activation);
  const classify = classifier ? createClassifier(classifier) : () => null;
  const runUpper = encoderZ2 && createMLP(encoderZ2, meta.activation);
  const pixels = encoder[0].inputs - (givenLabel ? nLabels : 0);
  const input = new Float32Array(encoder[0].inputs);
  const code = { mean: new Float32Array(dim), std: meta.deterministic ? null : new Float32Array(dim) };
  const upperDim = encoderZ2 ? encoderZ2.at(-1).outputs / 2 : 0;
  const upper = { mean: new Float32Array(upperDim), std: new Float32Array(upperDim) };

  function encode(x, label = 0) {
    for (let i = 0; i < pixels; i++) input[i] = x[i];
    for (let i = pixels; i < input.length; i++) input[i] = i - pixels === label ? 1 : 0;
    const output = run(input);
    if (code.std) gaussian(output, limits, code.mean, code.std, spread);
    else code.mean.set(output);
    return code;
  }

  function encodeUpper(below) {
    gaussian(runUpper(below), limits, upper.mean, upper.std);
    return upper;
  }

  return { classify, encode, encodeUpper };
}
