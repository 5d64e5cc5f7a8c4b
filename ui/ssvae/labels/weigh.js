// What the terms under each label say together, as vaemodels/analysis/label_posterior.py does. No DOM.

// `of` is { q, reconstruction, kl }, in nats. Returns
//   elbos      ELBO(x, y) of each label
//   posterior  softmax of these
//   entropy    H(q(y|x)), expected Σ q(y|x) ELBO(x, y), elbo their sum; lost KL(q ‖ posterior)
export function weigh({ q, reconstruction, kl }) {
  const elbos = Array.from(q, (_, y) => -reconstruction[y] - kl[y] - Math.log(q.length));
  const largest = Math.max(...elbos);
  const sum = elbos.reduce((total, elbo) => total + Math.exp(elbo - largest), 0);
  const posterior = elbos.map((elbo) => Math.exp(elbo - largest) / sum);
  let [entropy, expected] = [0, 0];
  elbos.forEach((elbo, y) => {
    expected += q[y] * elbo;
    if (q[y] > 0) entropy -= q[y] * Math.log(q[y]);
  });
  const elbo = expected + entropy;
  return { elbos, posterior, entropy, expected, elbo, lost: largest + Math.log(sum) - elbo };
}

export const likeliestOf = (probabilities) => probabilities.indexOf(Math.max(...probabilities));

export const percent = (share) => (share > 0 && share < 0.001 ? "<0.1" : share < 1 && share > 0.999 ? ">99.9" : number(100 * share, 1));

// Calls show(terms) with what Python gives, then with what the browser infers while a digit is drawn.
export function createKeeper(show) {
  let slot, given;
  let unfollow = () => {};

  function update(data) {
    if (data.slot !== slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { inference: ({ byLabel, down }) => byLabel && take(byLabel, down) });
    }
    const told = JSON.stringify(data.terms);
    if (told === given) return;
    given = told;
    show(data.terms, false);
  }

  function take(byLabel, down) {
    given = null; // whatever comes from Python next is to be shown
    show(byLabel, down);
  }

  return { update, stop: () => unfollow() };
}
