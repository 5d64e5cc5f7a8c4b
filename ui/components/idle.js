// Work done while the browser has nothing better to do, in slices so short that a drag never waits for one.

const SLICE_MS = 5;

// Calls `step(i)` for i = 0, 1, …, and `onSlice(done)` after each slice.
export function createIdleWork(step, onSlice) {
  let timer = 0;
  let job = 0;
  let next = 0;
  let end = 0;

  function slice() {
    const until = performance.now() + SLICE_MS;
    while (next < end && performance.now() < until) step(next++);
    if (next < end) proceed();
    onSlice(next === end);
  }

  const proceed = () => (job = requestIdleCallback(slice, { timeout: 100 }));

  function stop() {
    clearTimeout(timer);
    cancelIdleCallback(job);
  }

  // Steps 0 to count − 1, begun after `wait` ms without another start.
  function start(count, wait) {
    stop();
    next = 0;
    end = count;
    timer = setTimeout(proceed, wait);
  }

  return { start, stop };
}
