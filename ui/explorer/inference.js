// needs: encoder.js elbo.js registry.js unseen.js
// The invisible component that encodes what is being drawn, for all that shows on its slot.

// How many images are decoded, for all labels together: while the pen moves, and once it rests.
const MOVING = 4;
const RESTING = 64;
const infers = new WeakMap();

export default function ({ data, parentElement }) {
  takeNoRoom(parentElement);
  let infer = infers.get(parentElement);
  if (infer?.slot !== data.slot) {
    infer?.stop();
    infers.set(parentElement, (infer = createInference(data.slot)));
  }
  infer.adopt(data);
  return () => {
    infer.stop();
    infers.delete(parentElement);
  };
}

function createInference(slot) {
  let inference, network, terms, guess, x;
  const stop = follow(slot, {
    drawing: infer,
    label: () => infer(drawingOf(slot) ?? {}),
    weights: () => (terms = null),
  });

  function adopt(data) {
    if (data.meta.version === inference?.meta.version) return;
    inference = inferenceFrom(data);
    guess = inference.guesser && createClassifier(inference.guesser);
    terms = null;
  }

  // The page may have published but one of the model's two networks yet.
  function ready() {
    network = networkOf(slot);
    if (!terms && network?.meta.version === inference.meta.decoder) terms = createTerms(network, inference);
    return Boolean(terms);
  }

  function infer({ ink, down }) {
    if (!ink || !ready()) return;
    x ??= new Float32Array(ink.length);
    const scale = inference.meta.black_and_white ? (value) => (value > 127.5 ? 1 : 0) : (value) => value / 255;
    for (let i = 0; i < x.length; i++) x[i] = scale(ink[i]);
    const guessed = guess ? guess(inference.meta.black_and_white ? x : x.map(Math.round)) : null;
    const label = labelOf(slot) ?? (guessed ? likeliest(guessed) : (positionOf(slot)?.label ?? 0));
    const most = Math.ceil((down ? MOVING : RESTING) / (inference.classifier ? inference.meta.n_labels : 1));
    showInference(slot, { x, ...terms(x, label, most), guess: guessed, down });
  }

  return { slot, adopt, stop };
}

const likeliest = (probabilities) => probabilities.indexOf(Math.max(...probabilities));
