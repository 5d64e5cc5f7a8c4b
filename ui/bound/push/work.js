// Jobs that take longer than a frame, in slices between the frames: generators, the most urgent first.

const SLICE_MS = 6; // at least
const LONGEST_MS = 14; // of the time the browser has to spare

// Returns { start(urgency, generator, done), stop(urgency), isAt(urgency) }. A new job takes the place of the last of its
// urgency, 0 being the most urgent. A job that yields "shown" goes on in the next frame.
export function createWork() {
  const jobs = [];
  let timer = 0;
  let frame = 0;

  const proceed = () => {
    if (timer || frame || !jobs.some(Boolean)) return;
    timer = requestIdleCallback(slice, { timeout: 60 });
  };

  function slice(deadline) {
    timer = 0;
    const until = performance.now() + Math.min(LONGEST_MS, Math.max(SLICE_MS, deadline.timeRemaining() - 1));
    while (performance.now() < until) {
      const urgency = jobs.findIndex(Boolean);
      if (urgency < 0) return;
      const job = jobs[urgency];
      const { value, done } = job.generator.next();
      if (done && jobs[urgency] === job) jobs[urgency] = null;
      if (done) job.done(value);
      if (value === "shown") {
        frame = requestAnimationFrame(() => {
          frame = 0;
          proceed();
        });
        return;
      }
    }
    proceed();
  }

  function start(urgency, generator, done) {
    jobs[urgency] = { generator, done };
    proceed();
  }

  function stop(urgency) {
    if (urgency === undefined) jobs.length = 0;
    else jobs[urgency] = null;
  }

  return { start, stop, isAt: (urgency) => Boolean(jobs[urgency]) };
}
