// needs: bars.js
// The derivation of the bound in five lines; its numbers follow q while it is open.

// Returns show(terms), of the same terms as the bars take.
export function createDerivation(details) {
  const texts = Array.from(details.querySelectorAll("[data-n]"), (node) => [node, node.dataset.n]);
  let last = null;

  function draw() {
    if (!details.open || !last) return;
    const { reconstruction, kl, gap, evidence } = last;
    const numbers = { reconstruction, kl, gap, elbo: -reconstruction - kl, logP: -evidence };
    for (const [node, name] of texts) node.textContent = inNats(name, numbers[name]);
  }

  details.addEventListener("toggle", draw);
  return function show(terms) {
    last = terms;
    draw();
  };
}
