// Tells Python once there has been no key and no pointer at work for a while, after it was given an occasion to.

const REST = 400; // ms
const AT_WORK = ["pointerdown", "pointermove", "pointerup", "keydown", "wheel"];
const waits = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  waits.get(parentElement)?.abort();
  const wait = new AbortController();
  waits.set(parentElement, wait);
  if (data) waitForRest(wait.signal, () => {
    wait.abort();
    setTriggerValue("quiet", true);
  });
  return () => waits.get(parentElement)?.abort();
}

function waitForRest(signal, atRest) {
  let timer = setTimeout(atRest, REST);
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(atRest, REST);
  };
  for (const type of AT_WORK) addEventListener(type, again, { signal, capture: true, passive: true });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
