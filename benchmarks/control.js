// Runs in the page before anything else: when the next input arrives, and when what it changed was painted.
// A change is new or changed content in the main block, or a picture drawn on a canvas that is on the page.
globalThis.__control = (() => {
  let input = null;
  let changes = [];

  // The last input event before the first change is the one that was acted on.
  for (const type of ["pointerdown", "click", "keydown", "change"]) {
    addEventListener(type, (event) => changes.length || (input = event.timeStamp), { capture: true });
  }

  const changed = () => {
    if (input === null) return;
    // Painted with the frame after this one starts.
    requestAnimationFrame(() => setTimeout(() => changes.push(performance.now()), 0));
  };
  const inMain = (node) => (node.closest ? node : node.parentElement)?.closest('[data-testid="stMain"]');
  new MutationObserver((records) => records.some((r) => inMain(r.target)) && changed()).observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ["src", "d"],
  });
  // An image that comes by an address of its own is painted once it has arrived.
  addEventListener("load", ({ target }) => target.tagName === "IMG" && inMain(target) && changed(), { capture: true });
  const putImageData = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    putImageData.apply(this, args);
    if (this.canvas.isConnected) changed();
  };

  return {
    arm() {
      input = null;
      changes = [];
    },
    // Milliseconds from the input to the first and to the last change painted, or null before there was any.
    times: () => (changes.length ? [changes[0] - input, changes.at(-1) - input] : null),
    // Nothing has changed for a while after something did.
    settled: (quiet) => changes.length > 0 && performance.now() - changes.at(-1) > quiet,
  };
})();
