// needs: ../../components/names.js ../../explorer/registry.js weigh.js
// The same ten labels as a table: how their ELBOs and the entropy of q(y|x) make up ELBO(x). It follows the pen.

const tables = new WeakMap();

export default function ({ data, parentElement }) {
  let table = tables.get(parentElement);
  if (!table) tables.set(parentElement, (table = createKeeper((of) => showSums(parentElement.querySelector(".sums"), of))));
  table.update(data);
  return () => {
    table.stop();
    tables.delete(parentElement);
  };
}

function showSums(root, of) {
  const find = (selector) => root.querySelector(selector);
  const { elbos, entropy, expected, elbo } = weigh(of);
  const { q, reconstruction, kl } = of;
  const log = Math.log(q.length);
  const likeliest = likeliestOf(q);
  find("tbody").innerHTML = elbos
    .map((value, y) => {
      const cells = [
        number(q[y], 3), number(-reconstruction[y], 2), number(-kl[y], 2), number(-log, 2), number(value, 2),
        number(q[y] * value, 2), number(q[y] > 0 ? -q[y] * Math.log(q[y]) : 0, 2),
      ];
      return `<tr${y === likeliest ? ' class="likeliest"' : ""}><th scope="row">${y}</th>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
    })
    .join("");
  find(".one").textContent = number(q.reduce((sum, value) => sum + value, 0), 3);
  find(".expected").textContent = number(expected, 2);
  find(".entropy").textContent = number(entropy, 2);
  const mean = (values) => q.reduce((sum, share, y) => sum + share * values[y], 0);
  find(".sum").innerHTML =
    `Σ<sub>y</sub> q(y|x) ELBO(x, y) + H(q) = <b>${number(expected, 2)}</b> + <b>${number(entropy, 2)}</b> = ` +
    `<b class="bound">ELBO(x) = ${number(elbo, 2)} nats</b>`;
  find(".same").innerHTML =
    `The same, sorted: −(<span class="reconstruction">reconstruction ${number(mean(reconstruction), 2)}</span> + ` +
    `<span class="kl_z">kl<sub>z</sub> ${number(mean(kl), 2)}</span> + ` +
    `<span class="kl_y">KL(q(y|x) ‖ p(y)) ${number(log - entropy, 2)}</span>), where KL(q(y|x) ‖ p(y)) = log ${q.length} − H(q).`;
}
