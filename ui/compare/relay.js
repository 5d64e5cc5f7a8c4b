// needs: ../explorer/registry.js ../explorer/unseen.js
// What is drawn on one slot is shown to others, each of which infers what its model makes of it: one a frame, so that the
// pen is never kept waiting. Those that wait longest come first.

const relays = new WeakMap();

export default function ({ data, parentElement }) {
  takeNoRoom(parentElement);
  relays.get(parentElement)?.();
  relays.set(parentElement, relay(data.from, data.to));
  return () => {
    relays.get(parentElement)?.();
    relays.delete(parentElement);
  };
}

function relay(from, slots) {
  let drawing;
  let frame = 0;
  let waiting = [];

  function next() {
    showDrawing(waiting.shift(), drawing);
    frame = waiting.length ? requestAnimationFrame(next) : 0;
  }

  const leave = follow(from, {
    drawing(now) {
      drawing = now;
      waiting = [...waiting, ...slots.filter((slot) => !waiting.includes(slot))];
      frame ||= requestAnimationFrame(next);
    },
    label: (label) => slots.forEach((slot) => tellLabel(slot, label)),
  });
  return () => {
    leave();
    cancelAnimationFrame(frame);
  };
}
