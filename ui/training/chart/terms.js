// What the records of runs hold, in words and numbers, and which of it stands in which panel of the chart.

const PANELS = [
  { name: "reconstruction", share: 0.64, fromZero: false, holds: (term) => term === "reconstruction" },
  { name: "bound", share: 0.64, fromZero: false, holds: (term) => term === "bound" },
  { name: "kl", share: 0.36, fromZero: true, holds: (term) => isKL(term) || term === "classification" },
];

const isKL = (term) => term.startsWith("kl_");

// NaN crosses Arrow as null.
const numbers = (table) => Float32Array.from(table.getChildAt(0).toArray(), (value) => value ?? NaN);

// The runs in a component's data: name, epoch, terms, and for each of these what was measured in training and held-out.
export function runsIn(data) {
  return data.runs.map(({ name, terms }, place) => {
    const columns = (part) => Object.fromEntries(terms.map((term) => [term, numbers(data[`${place}_${part}_${term}`])]));
    return { name, terms, epoch: numbers(data[`${place}_epoch`]), train: columns("train"), heldout: columns("heldout") };
  });
}

// The panels that there is something to draw in, each with its terms.
export function panelsOf(runs) {
  const terms = [...new Set(runs.flatMap((run) => run.terms))];
  return PANELS.map(({ holds, ...panel }) => ({ ...panel, terms: terms.filter(holds) })).filter((panel) => panel.terms.length);
}

// A term's name among the others: the only KL needs no latent's.
export function titleOf(term, terms) {
  if (!isKL(term)) return term;
  return terms.filter(isKL).length > 1 ? `KL ${term.slice(3)}` : "KL";
}

// The rows of a record: name, value in training, value held-out; and the sum of reconstruction and KLs.
export function valuesOf(run, i) {
  const of = (term) => [run.train[term][i], run.heldout[term][i]];
  const rows = run.terms.map((term) => [titleOf(term, run.terms), ...of(term)]);
  const summed = run.terms.filter((term) => isKL(term) || term === "reconstruction").map(of);
  if (!run.terms.some(isKL)) return rows;
  return [...rows, ["sum", ...[0, 1].map((side) => summed.reduce((sum, values) => sum + values[side], 0))]];
}

export const text = (value) => (Number.isFinite(value) ? value.toFixed(1).replace("-", "−") : "–");
export const epochText = (run, i) => `epoch ${Number(run.epoch[i].toFixed(2))}`;

function describe(run, i) {
  const rows = valuesOf(run, i);
  const sides = ["train", "held-out"].map((side, column) => {
    const measured = rows.filter((row) => Number.isFinite(row[column + 1]));
    return measured.length ? `${side}: ${measured.map((row) => `${row[0]} ${text(row[column + 1])}`).join(", ")}` : "";
  });
  return `${epochText(run, i)}: ${sides.filter(Boolean).join("; ")}`;
}

// The newest record of every run in a sentence.
export function describeAll(runs) {
  const begun = runs.filter((run) => run.epoch.length > 0);
  const newest = (run) => describe(run, run.epoch.length - 1);
  if (runs.length === 1) return `Training in nats per image. ${newest(runs[0])}`;
  return `Training of ${runs.length} runs in nats per image. ${begun.map((run) => `${run.name}: ${newest(run)}`).join(". ")}`;
}
