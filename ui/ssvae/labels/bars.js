// needs: ../../components/names.js ../../explorer/registry.js weigh.js
// Ten labels, two bars each: what the classifier says, and what the ten ELBOs say. They follow the pen.

const panels = new WeakMap();
// For tests: the terms that are shown.
const shown = (globalThis.__vaelab_labels ??= {});

export default function ({ data, parentElement }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createBarsOfLabels(parentElement.querySelector(".labels"))));
  panel.update(data);
  return () => {
    panel.stop();
    panels.delete(parentElement);
  };
}

function createBarsOfLabels(root) {
  const find = (selector) => root.querySelector(selector);
  let rows = [];

  function build(count) {
    find(".rows").innerHTML = Array.from({ length: count }, (_, y) =>
      `<li><b>${y}</b><span class="tracks" aria-hidden="true"><span class="q"><i></i></span><span class="p"><i></i></span></span>` +
      `<span class="shares"><span class="q"></span><span class="p"></span></span><span class="nats"></span></li>`,
    ).join("");
    rows = Array.from(find(".rows").children, (row) => ({
      bars: row.querySelectorAll("i"),
      shares: row.querySelectorAll(".shares span"),
      nats: row.querySelector(".nats"),
    }));
  }

  function show(of, moving) {
    if (of.q.length !== rows.length) build(of.q.length);
    const weighed = weigh(of);
    rows.forEach(({ bars, shares, nats }, y) => {
      [of.q, weighed.posterior].forEach((probabilities, i) => {
        bars[i].style.transform = `scaleX(${probabilities[y]})`;
        shares[i].textContent = `${percent(probabilities[y])}%`;
      });
      nats.textContent = number(weighed.elbos[y], 1);
    });
    const [said, found] = [likeliestOf(of.q), likeliestOf(weighed.posterior)];
    const cost = `${number(weighed.lost, weighed.lost < 10 ? 2 : 1)} nats`;
    find(".verdict").textContent =
      said === found
        ? `Both favour ${said}. What q(y|x) differs by costs ELBO(x) ${cost}.`
        : `The classifier says ${said}; the image is likelier as ${found}. That costs ELBO(x) ${cost}.`;
    if (!moving) find(".status").textContent = find(".verdict").textContent;
    Object.assign(shown, { q: Array.from(of.q), ...weighed });
  }

  const keeper = createKeeper(show);
  return { update: keeper.update, stop: keeper.stop };
}
