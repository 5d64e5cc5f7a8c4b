// Work done while the browser has nothing better to do, in slices so short that a drag never waits for one.

const SLICE_MS = 5;

// Calls `step(i)` for i = 0, 1, …, and `onSlice` after each slice.
export function createIdleWork(step, onSlice = () => {}) {
  let timer = 0;
  let job = 0;
  let next = 0;
  let end = 0;

  function slice() {
    const until = performance.now() + SLICE_MS;
    while (next < end && performance.now() < until) step(next++);
    onSlice();
    job = next < end ? requestIdleCallback(slice, { timeout: 100 }) : 0;
  }

  function stop() {
    clearTimeout(timer);
    cancelIdleCallback(job);
    job = 0;
  }

  // Steps 0 to count − 1, begun after `quiet` ms without another start.
  function start(count, quiet) {
    stop();
    next = 0;
    end = count;
    timer = setTimeout(() => (job = requestIdleCallback(slice, { timeout: 100 })), quiet);
  }

  // `count` steps more than those already done.
  function goOn(count) {
    end = next + count;
    if (!job) job = requestIdleCallback(slice, { timeout: 100 });
  }

  return { start, goOn, stop };
}
