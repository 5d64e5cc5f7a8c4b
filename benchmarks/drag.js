// Runs in the page: the time between animation frames, from `start` until `stop` gives them back.
globalThis.__frames = (() => {
  let times = [];
  let running = false;
  const note = (time) => {
    times.push(time);
    if (running) requestAnimationFrame(note);
  };
  return {
    start() {
      times = [];
      running = true;
      requestAnimationFrame(note);
    },
    stop() {
      running = false;
      return times.slice(1).map((time, i) => time - times[i]);
    },
  };
})();
