// What the chart of runs is given, in words and numbers, and which record a pointer is nearest to.

const SERIES = ["x", "y", "step", "epoch", "seconds", "smooth"];

const columnOf = (table) => Float64Array.from(table.getChildAt(0).toArray(), (value) => value ?? NaN);

function historyOf(data) {
  return data.runs.map((run, i) => ({
    ...run,
    ...Object.fromEntries(SERIES.map((name) => [name, columnOf(data[`${i}_${name}`])])),
  }));
}

// Trained models go on for longer than most runs of a visit: of them there is as much as of these.
function upToTheVisitors(runs) {
  const ends = runs.filter((run) => !run.reference && run.x.length > 1).map((run) => run.x.at(-1));
  if (!ends.length) return runs;
  const to = Math.max(...ends);
  return runs.map((run) => {
    if (!run.reference) return run;
    const kept = run.x.filter((x) => x <= to).length;
    return { ...run, ...Object.fromEntries(SERIES.map((name) => [name, run[name].slice(0, kept)])) };
  });
}

// The lines of a record's reading: whose it is, its value, where it was logged, what was changed up to there.
function readingOf(run, i, { title, unit }) {
  const changed = run.marks.filter((mark) => mark.x <= run.x[i]).map((mark) => mark.text);
  return [
    run.about ? `${run.name}: ${run.about}` : run.name,
    `${title} ${number(run.y[i], 2)} ${unit}`,
    `step ${run.step[i].toLocaleString("en")}, epoch ${Number(run.epoch[i].toFixed(2))}, ${number(run.seconds[i], 1)} s`,
    ...changed,
  ];
}

function inWords(runs, { title, unit, axis }) {
  const newest = (run) => `${run.name}: ${number(run.y.at(-1), 2)} at step ${run.step.at(-1).toLocaleString("en")}`;
  return `${title} in ${unit} over ${axis}. ${runs.map(newest).join("; ")}. Arrow keys read the records.`;
}

function nearestAlong(run, x) {
  let found = 0;
  run.x.forEach((value, i) => {
    if (Math.abs(value - x) < Math.abs(run.x[found] - x) || x === Infinity) found = i;
  });
  return found;
}

// The record nearest to a place of the picture, of those nearest to it along each run.
function nearestRecord(runs, { x, y, to }, left, top) {
  const wanted = (to * (left - x(0))) / (x(to) - x(0));
  let best = null;
  runs.forEach((run, place) => {
    if (!run.x.length) return;
    const i = nearestAlong(run, wanted);
    const gap = Math.hypot(x(run.x[i]) - left, y(run.y[i]) - top);
    if (!best || gap < best.gap) best = { run: place, i, gap };
  });
  return best && { run: best.run, i: best.i };
}

const NAME_HEIGHT = 14;

// Where the names of lines stand: at their ends, pushed apart where they would cover each other.
function namesAt(runs, { x, y }, above, below) {
  const names = runs
    .map((run, place) => ({ run, place }))
    .filter(({ run }) => run.x.length)
    .map(({ run, place }) => ({ run, place, left: x(run.x.at(-1)) + 6, top: Math.max(above, Math.min(below, y(run.y.at(-1)))) }))
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
