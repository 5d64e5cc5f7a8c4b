// Where the components of one page meet. For each slot the page keeps the decoder's weights, where the explorer is and
// the path it is shown; components follow a slot and are told when any of these changes.
//
//   weights   the network to decode with
//   z         { z, settled, label }: an explorer is asked to go there, and to write that label where there is one; not
//             settled while an animation, a drag or a drawing passes through
//   position  { z, label }: where an explorer is
//   path      { from, to }, a line in the latent space to be drawn, or null
//   drawing   { ink, down }: what is on the drawing pad as it is framed, Uint8Array(784), or null where that is nothing;
//             whether the pen is still down
//   inference what the model makes of the drawing: { x, down }, what `createTerms` gives (elbo.js), and `guess`, the
//             probabilities of its labels, or null
//   label     what the visitor says that the drawing shows, or null: then it is guessed

const registry = (globalThis.__vaelab ??= { slots: new Map(), events: new EventTarget() });

const tell = (slot, what, detail) => registry.events.dispatchEvent(new CustomEvent(`${what} ${slot}`, { detail }));

function contentsOf(slot) {
  if (!registry.slots.has(slot)) registry.slots.set(slot, {});
  return registry.slots.get(slot);
}

export const networkOf = (slot) => contentsOf(slot).network;
export const positionOf = (slot) => contentsOf(slot).position;
export const pathOf = (slot) => contentsOf(slot).path;
export const drawingOf = (slot) => contentsOf(slot).drawing;
export const labelOf = (slot) => contentsOf(slot).label ?? null;

export function publish(slot, network) {
  contentsOf(slot).network = network;
  tell(slot, "weights", network);
}

// Forgets the weights unless someone else has published to the slot since. Followers keep what they show.
export function withdraw(slot, network) {
  if (networkOf(slot) === network) delete contentsOf(slot).network;
}

export const chooseZ = (slot, z, settled = true, label) => tell(slot, "z", { z, settled, label });

export function announce(slot, position) {
  contentsOf(slot).position = position;
  tell(slot, "position", position);
}

export function showPath(slot, path) {
  contentsOf(slot).path = path;
  tell(slot, "path", path);
}

export function showDrawing(slot, drawing) {
  contentsOf(slot).drawing = drawing;
  tell(slot, "drawing", drawing);
}

export function tellLabel(slot, label) {
  if (labelOf(slot) === label) return;
  contentsOf(slot).label = label;
  tell(slot, "label", label);
}

export const showInference = (slot, inferred) => tell(slot, "inference", inferred);

// Calls the handlers, named as in the list above, until the returned function is called.
export function follow(slot, handlers) {
  const stop = new AbortController();
  for (const [what, handle] of Object.entries(handlers)) {
    registry.events.addEventListener(`${what} ${slot}`, ({ detail }) => handle(detail), { signal: stop.signal });
  }
  return () => stop.abort();
}
