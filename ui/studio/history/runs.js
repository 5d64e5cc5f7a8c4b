// What the chart of runs is given, in words and numbers, and which record a pointer is nearest to.

const COLUMNS = ["x", "step", "epoch", "seconds", "loss", "reconstruction", "kl"];

const columnOf = (table) => Float64Array.from(table.getChildAt(0).toArray(), (value) => value ?? NaN);

function historyOf(data) {
  return data.runs.map((run, i) => {
    const names = [...COLUMNS, ...data.charts.map(({ name }) => `smooth_${name}`)].filter((name) => `${i}_${name}` in data);
    return { ...run, columns: names, ...Object.fromEntries(names.map((name) => [name, columnOf(data[`${i}_${name}`])])) };
  });
}

// The values of all runs in a part of the axis, and those just outside it that their lines come from or go to.
function seen(runs, name, from, to) {
  const isSeen = ({ x }, i) => (x[i] < from ? x[i + 1] >= from : x[i] > to ? x[i - 1] <= to : true);
  return runs.flatMap((run) => Array.from(run[name]).filter((value, i) => Number.isFinite(value) && isSeen(run, i)));
}

// Trained models go on for longer than most runs of a visit: of them there is as much as of these.
function upToTheVisitors(runs) {
  const ends = runs.filter((run) => !run.reference && run.x.length > 1).map((run) => run.x.at(-1));
  if (!ends.length) return runs;
  const to = Math.max(...ends);
  return runs.map((run) => {
    if (!run.reference) return run;
    const kept = run.x.filter((x) => x <= to).length;
    return { ...run, ...Object.fromEntries(run.columns.map((name) => [name, run[name].slice(0, kept)])) };
  });
}

// The lines of a record's reading: whose it is, its values, where it was logged, what was changed up to there.
function readingOf(run, i, { charts, side, unit }) {
  const value = ({ name, title }) => `${title} ${number(run[name][i], 2)}`;
  const terms = charts.slice(1).filter(({ name }) => Number.isFinite(run[name][i]));
  const changed = run.marks.filter((mark) => mark.x <= run.x[i]).map((mark) => mark.text);
  return [
    run.about ? `${run.name}: ${run.about}` : run.name,
    `${side} ${value(charts[0])} ${unit}`,
    ...(terms.length ? [terms.map(value).join(", ")] : []),
    `step ${run.step[i].toLocaleString("en")}, epoch ${Number(run.epoch[i].toFixed(2))}, ${number(run.seconds[i], 1)} s`,
    ...changed,
  ];
}

function inWords(runs, { charts, side, unit, axis }) {
  const newest = (run) => `${run.name}: ${number(run.loss.at(-1), 2)} at step ${run.step.at(-1).toLocaleString("en")}`;
  return `${charts[0].title}, ${side}, in ${unit} over ${axis}. ${runs.map(newest).join("; ")}. Arrow keys read the records, plus and minus zoom.`;
}

function nearestAlong(run, x) {
  let found = 0;
  run.x.forEach((value, i) => {
    if (Math.abs(value - x) < Math.abs(run.x[found] - x) || x === Infinity) found = i;
  });
  return found;
}

// The record in sight that is nearest to a place of the picture, of those nearest to it along each run.
function nearestRecord(runs, { x, valueAt, from, to, panels }, left, top) {
  const { name, y } = panels.find((panel) => top < panel.below) ?? panels.at(-1);
  let best = null;
  runs.forEach((run, place) => {
    if (!run.x.length) return;
    const i = nearestAlong(run, valueAt(left));
    if (run.x[i] < from || run.x[i] > to) return;
    const gap = Math.hypot(x(run.x[i]) - left, (Number.isFinite(run[name][i]) ? y(run[name][i]) : 0) - top);
    if (!best || gap < best.gap) best = { run: place, i, gap };
  });
  return best && { run: best.run, i: best.i };
}

const NAME_HEIGHT = 14;

// Where the names of lines stand: beside their last records in sight, pushed apart where they would cover each other.
function namesAt(runs, { x, from, to, panels: [{ y, above, below }] }) {
  const names = runs
    .map((run, place) => ({ run, place, last: run.x.findLastIndex((value) => value >= from && value <= to) }))
    .filter(({ last }) => last >= 0)
    .map(({ run, place, last }) => ({ run, place, left: x(run.x[last]) + 6, top: Math.max(above, Math.min(below, y(run.loss[last]))) }))
    .sort((a, b) => a.top - b.top);
  for (let i = 1; i < names.length; i++) names[i].top = Math.max(names[i].top, names[i - 1].top + NAME_HEIGHT);
  for (let i = names.length - 1, limit = below + 6; i >= 0; i--, limit = names[i + 1].top - NAME_HEIGHT) names[i].top = Math.min(names[i].top, limit);
  return names;
}

function nameElement({ run, place, left, top }, dark) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", "text");
  element.textContent = run.marks.length ? `${run.name} *` : run.name;
  element.setAttribute("x", left);
  element.setAttribute("y", top + 4);
  element.style.setProperty("--colour", digitColour(run.colour, dark));
  element.dataset.run = place;
  return element;
}
