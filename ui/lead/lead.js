// Brings a part of the page into view and the focus to it, once for each count. It jumps: nobody has to watch a page
// go by. While the page still grows it goes there again, unless the visitor has begun to do something.

const SETTLED = 2000; // ms for which the page has kept its height
let led = 0;

const find = (key) => document.querySelector(`.st-key-${CSS.escape(key)}`);

export default function ({ data: { part, focus, count } }) {
  if (count === led) return;
  led = count;
  const end = new AbortController();
  let timer, target, holder;
  let away = false; // whether the part was out of view at any time

  function lead() {
    clearTimeout(timer);
    timer = setTimeout(() => end.abort(), SETTLED);
    const found = find(part);
    if (!found) return;
    const focused = find(focus) ?? found;
    if (found !== target || focused !== holder) {
      [target, holder] = [found, focused];
      focused.tabIndex = -1;
      focused.focus({ preventScroll: true });
    }
    const { top } = target.getBoundingClientRect();
    away ||= top < 0 || top > innerHeight / 2;
    if (away) target.scrollIntoView();
  }

  const grows = new ResizeObserver(lead);
  grows.observe(document.querySelector('[data-testid="stMainBlockContainer"]'));
  const { signal } = end;
  for (const type of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(type, () => end.abort(), { signal, capture: true, passive: true });
  }
  signal.addEventListener("abort", () => {
    grows.disconnect();
    clearTimeout(timer);
  });
}
