// What components do that draw nothing.

// Even an element of no height costs the page one gap unless it leaves the flow.
export function takeNoRoom(parentElement) {
  const container = parentElement.host?.closest('[data-testid="stElementContainer"]');
  if (container) Object.assign(container.style, { position: "absolute", width: 0, overflow: "hidden" });
}
