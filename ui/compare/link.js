// needs: ../explorer/registry.js ../explorer/unseen.js
// Two explorers that move together: where one goes the other is asked to go, here in the browser. Once the visitor rests,
// the first explorer tells Python where both are.

const links = new WeakMap();
const REST = 250; // ms

export default function ({ data, parentElement }) {
  takeNoRoom(parentElement);
  links.get(parentElement)?.();
  links.set(parentElement, link(data.first, data.second));
  return () => {
    links.get(parentElement)?.();
    links.delete(parentElement);
  };
}

function link(first, second) {
  let timer, isDown = false;
  const stop = new AbortController();
  const same = (a, b) => a && b && a.length === b.length && a.every((value, i) => value === b[i]);
  const at = (slot) => positionOf(slot)?.z;

  function lead(from, to) {
    return ({ z }) => {
      if (at(to)?.length !== z.length || same(z, at(to))) return;
      chooseZ(to, Float32Array.from(z), false);
      if (to === first) rest();
    };
  }

  function rest() {
    clearTimeout(timer);
    timer = setTimeout(() => (isDown ? rest() : chooseZ(first, Float32Array.from(at(first)), true)), REST);
  }

  for (const [event, down] of [["pointerdown", true], ["pointerup", false], ["pointercancel", false]])
    addEventListener(event, () => (isDown = down), { capture: true, signal: stop.signal });
  const unfollow = [follow(first, { position: lead(first, second) }), follow(second, { position: lead(second, first) })];
  return () => {
    clearTimeout(timer);
    stop.abort();
    unfollow.forEach((leave) => leave());
  };
}
