// Where the components of one page meet. The weights of each slot are kept once for the page; explorers and sample
// grids follow a slot and are told when its weights change or when a z is chosen somewhere else on the page.

const registry = (globalThis.__vaelab ??= { networks: new Map(), events: new EventTarget() });

export const networkOf = (slot) => registry.networks.get(slot);

export function publish(slot, network) {
  registry.networks.set(slot, network);
  registry.events.dispatchEvent(new Event(`weights ${slot}`));
}

// Forgets the slot unless someone else has published to it since. Followers keep what they show.
export function withdraw(slot, network) {
  if (registry.networks.get(slot) === network) registry.networks.delete(slot);
}

export function chooseZ(slot, z) {
  registry.events.dispatchEvent(new CustomEvent(`z ${slot}`, { detail: z }));
}

// Calls the handlers until the returned function is called.
export function follow(slot, { onWeights, onZ }) {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  registry.events.addEventListener(`weights ${slot}`, () => onWeights(networkOf(slot)), options);
  if (onZ) registry.events.addEventListener(`z ${slot}`, (event) => onZ(event.detail), options);
  return () => stop.abort();
}
