// needs: ../../components/names.js
// Two bars with a common end: −ELBO as reconstruction + KL, and as −log p(x) + gap.

const MARK = 0.55; // where −log p(x) is, in parts of the scale's width, whatever else moves
const RIGHT = 0.42; // how far the widest gap reaches beyond it
const SPANS = [3, 6, 12, 48, 192, 768, 3072, 12288]; // nats of that gap

// Returns show({ reconstruction, kl, gap, evidence, exact }), in nats, the evidence −log p(x).
export function createBars(root) {
  const find = (selector) => root.querySelector(selector);
  const scale = find(".scale");
  const texts = Array.from(root.querySelectorAll("[data-n]"), (node) => [node, node.dataset.n]);
  const [rec, kls, evidences, gaps] = [".rec", ".kl", ".evidence", ".gap"].map((name) => find(`.bar ${name}`));
  const [atEvidence, atBound] = [find(".at-evidence"), find(".at-bound")];
  const [left, middle, right] = [".left", ".middle", ".right"].map((name) => find(`.ticks ${name}`));
  let span = SPANS[0];

  // The least that holds the gap and lets the KL be seen to its left; back to a lesser one when that is much more than
  // enough.
  function choose(gap, kl) {
    const wanted = Math.max(gap, kl);
    const least = SPANS.find((nats) => wanted <= nats) ?? SPANS.at(-1);
    if (wanted > span || wanted < span / 6 || least < span / 4) span = least;
  }

  return function show(terms) {
    const { reconstruction, kl, gap, evidence, exact } = terms;
    const nelbo = reconstruction + kl;
    const isKnown = Number.isFinite(evidence) && Number.isFinite(nelbo);
    const numbers = { nelbo, reconstruction, kl, gap, evidence };
    for (const [node, name] of texts) {
      node.textContent = inNats(name, numbers[name]);
      node.classList.toggle("open", !Number.isFinite(numbers[name]));
    }
    root.classList.toggle("rough", !exact);
    scale.classList.toggle("unknown", !isKnown);
    const said = isKnown ? inWords(numbers) : "−ELBO …";
    scale.setAttribute("aria-label", exact ? said : `${said}, still summing`);
    if (!isKnown) return;
    choose(gap, Math.min(kl, 48));
    const at = (nats) => MARK + (RIGHT * (nats - evidence)) / span;
    const lowest = evidence - (MARK * span) / RIGHT;
    const begin = lowest < 0 && evidence > 0 ? at(0) : 0;
    scale.classList.toggle("cut", begin === 0);
    place(rec, begin, at(reconstruction));
    place(kls, Math.max(begin, at(reconstruction)), at(nelbo));
    place(evidences, begin, MARK);
    place(gaps, MARK, MARK + (RIGHT * gap) / span);
    atEvidence.style.left = `${100 * MARK}%`;
    atBound.style.left = `${100 * Math.min(at(nelbo), 1)}%`;
    left.textContent = begin ? (begin < 0.4 ? "0" : "") : `… from ${number(lowest, 0)}`;
    left.style.left = `${100 * begin}%`;
    middle.textContent = `−log p(x) = ${number(evidence)}`;
    right.textContent = `${number(evidence + ((1 - MARK) * span) / RIGHT, 0)} nats`;
  };
}

export const inWords = ({ nelbo, reconstruction, kl, evidence, gap }) =>
  `−ELBO ${number(nelbo)} = reconstruction ${number(reconstruction)} + KL ${number(kl)} = ` +
  `−log p(x) ${number(evidence)} + gap ${inNats("gap", gap)} nats`;

// A gap is never quite 0, nor, but for what its sum is off, below.
export function inNats(name, nats) {
  if (!Number.isFinite(nats)) return "…";
  if (name !== "gap" || Math.abs(nats) >= 0.01) return number(nats);
  return nats < 0.001 ? "< 0.001" : number(nats, 3);
}

function place(node, from, to) {
  const [begin, end] = [from, to].map((part) => Math.min(1.02, Math.max(0, part)));
  node.style.transform = `translateX(${100 * begin}%) scaleX(${Math.max(0, end - begin)})`;
}
