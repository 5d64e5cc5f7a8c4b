// Where on the chart's axis the visitor looks at the images of all runs, for all components of the page.

const scrub = (globalThis.__vaelab_scrub ??= { x: Infinity, events: new EventTarget() });

function scrubTo(x) {
  scrub.x = x;
  scrub.events.dispatchEvent(new Event("scrub"));
}

function onScrub(handle) {
  scrub.events.addEventListener("scrub", handle);
  return () => scrub.events.removeEventListener("scrub", handle);
}
