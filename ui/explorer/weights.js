// needs: decoder.js registry.js unseen.js
// The invisible component that publishes a decoder's weights.

const published = new WeakMap();

export default function ({ data, parentElement }) {
  takeNoRoom(parentElement);
  const before = published.get(parentElement);
  if (before?.slot !== data.slot || before.network.meta.version !== data.meta.version) {
    if (before && before.slot !== data.slot) withdraw(before.slot, before.network);
    const network = networkFrom(data);
    published.set(parentElement, { slot: data.slot, network });
    publish(data.slot, network);
  }
  return () => {
    const { slot, network } = published.get(parentElement);
    withdraw(slot, network);
    published.delete(parentElement);
  };
}
