// Tells Python once no key and no pointer has been at work for a while, after it was given an occasion to.

const REST = 400; // ms

const waits = new WeakMap(); // element of the page to what it waits with

export default function ({ data, parentElement, setTriggerValue }) {
  waits.get(parentElement)?.abort();
  const wait = new AbortController();
  waits.set(parentElement, wait);
  if (data) {
    waitForRest(wait, () => {
      wait.abort();
      setTriggerValue("quiet", true);
    });
  }
  return () => wait.abort();
}

function waitForRest(wait, atRest) {
  const { signal } = wait;
  const on = (types, listener) =>
    types.forEach((type) => addEventListener(type, listener, { signal, capture: true, passive: true }));
  let timer;
  const stop = () => clearTimeout(timer);
  const start = () => {
    stop();
    timer = setTimeout(atRest, REST);
  };

  on(["pointerdown", "keydown"], stop);
  on(["pointerup", "pointercancel", "keyup", "wheel"], start);
  // On the way to what is around the page: the address, the other tabs.
  addEventListener("blur", atRest, { signal });
  document.documentElement.addEventListener("mouseleave", atRest, { signal });
  // The page is about to be another, to which the occasion does not belong.
  on(["popstate"], () => wait.abort());
  on(["click"], (event) => event.composedPath().some(leadsAway) && wait.abort());
  signal.addEventListener("abort", stop);
  start();
}

const leadsAway = (node) => node instanceof HTMLAnchorElement && node.pathname !== location.pathname;
