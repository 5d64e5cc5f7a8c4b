// needs: gaussian.js plane.js ../../components/names.js
// What a visitor takes q by: its centre and a handle for each width, with a pointer or the keys.

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

// `state` { q, family, window, side } is only read here; `change(q, since)` shows another q, `end()` says it is let go of.
export function createHands(root, state, { change, end }) {
  const canvas = root.querySelector(".plane");
  const [centre, first, second] = [".centre", ".first", ".second"].map((name) => root.querySelector(name));
  // A handle to { off, widthPerUnit }: how far from its middle it was taken, and what a distance from q’s centre is worth.
  const held = new WeakMap();

  const directions = ({ angle }) => [[Math.cos(angle), Math.sin(angle)], [-Math.sin(angle), Math.cos(angle)]];

  // The handles to where q is.
  function place() {
    const { side } = state;
    const { toX, toY, perUnit } = toPixels(state.window, side);
    const [x, y] = [toX(state.q.mean[0]), toY(state.q.mean[1])];
    put(centre, x, y, side);
    directions(state.q).forEach(([cos, sin], i) => {
      const far = Math.max(NEAREST, 2 * state.q.std[i] * perUnit);
      put([first, second][i], x + cos * far, y - sin * far, side);
    });
  }

  function put(handle, x, y, side) {
    const inside = (value) => Math.max(8, Math.min(side - 8, value));
    handle.style.transform = `translate(${inside(x)}px, ${inside(y)}px)`;
  }

  function describe() {
    const { mean, std, angle } = state.q;
    const where = mean.map((value, i) => `${named(i)} ${number(value)}`).join(", ");
    centre.setAttribute("aria-valuenow", mean[0].toFixed(3));
    centre.setAttribute("aria-valuetext", where);
    [first, second].forEach((handle, i) => {
      handle.setAttribute("aria-valuenow", std[i].toFixed(4));
      const turned = state.family === "full" ? `, turned ${number((angle * 180) / Math.PI, 0)}°` : "";
      handle.setAttribute("aria-valuetext", `${number(std[i], 3)}${turned}`);
    });
  }

  // ---- what moves become

  function withWidth(i, width, angle = state.q.angle) {
    const std = state.family === "isotropic" ? [width, width] : state.q.std.map((old, k) => (k === i ? width : old));
    return { mean: state.q.mean, std, angle };
  }

  // Twice as far from the centre is twice as wide: half of the distance, more of it where a handle stands off its ring.
  function worth(handle) {
    const width = state.q.std[handle === first ? 0 : 1];
    return width / Math.max(2 * width, NEAREST / toPixels(state.window, state.side).perUnit);
  }

  function toPointer(handle, event) {
    const box = canvas.getBoundingClientRect();
    const { fromX, fromY } = toPixels(state.window, box.width);
    const { off: [dx, dy], widthPerUnit } = held.get(handle) ?? { off: [0, 0] };
    const z = [fromX(event.clientX - box.left - dx), fromY(event.clientY - box.top - dy)];
    if (handle === centre) return { ...state.q, mean: z };
    const i = handle === first ? 0 : 1;
    const [u, v] = [z[0] - state.q.mean[0], z[1] - state.q.mean[1]];
    if (state.family !== "full") {
      const [cos, sin] = directions(state.q)[i];
      return withWidth(i, widthPerUnit * Math.abs(u * cos + v * sin));
    }
    const angle = Math.atan2(v, u) - (i * Math.PI) / 2;
    return withWidth(i, widthPerUnit * Math.hypot(u, v), angle);
  }

  // The turn nearest to none: an ellipse is the same after half a round, and a quarter makes one axis the other.
  function settled(q) {
    const c = covarianceOf(q);
    return state.family === "full" ? fromCovariance(q.mean, c) : q;
  }

  for (const handle of [centre, first, second]) {
    handle.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const box = handle.getBoundingClientRect();
      const off = [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
      held.set(handle, { off, widthPerUnit: handle === centre ? 1 : worth(handle) });
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) change(toPointer(handle, event), performance.now());
    });
    handle.addEventListener("lostpointercapture", () => {
      change(settled(state.q), performance.now());
      end();
    });
    handle.addEventListener("keydown", (event) => {
      const key = KEYS[event.key];
      if (["r", "c", "Escape"].includes(event.key)) event.stopPropagation();
      if (!key) return;
      event.preventDefault();
      const many = event.shiftKey ? 5 : 1;
      const [right, up] = key.map((sign) => sign * many);
      const since = performance.now();
      if (handle === centre) {
        const step = state.window.half / 40;
        change({ ...state.q, mean: [state.q.mean[0] + right * step, state.q.mean[1] + up * step] }, since);
      } else {
        const i = handle === first ? 0 : 1;
        const turns = state.family === "full" ? right : 0;
        const wider = state.family === "full" ? up : right + up;
        change(withWidth(i, state.q.std[i] * 1.05 ** wider, state.q.angle - (turns * Math.PI) / 60), since);
      }
    });
    handle.addEventListener("keyup", (event) => {
      if (event.key in KEYS) end();
    });
  }

  // Anywhere else on the plane: q's centre comes there.
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held.delete(centre);
    canvas.setPointerCapture(event.pointerId);
    change(toPointer(centre, event), performance.now());
  });
  canvas.addEventListener("pointermove", (event) => {
    if (canvas.hasPointerCapture(event.pointerId)) change(toPointer(centre, event), performance.now());
  });
  canvas.addEventListener("lostpointercapture", end);

  return { place, describe };
}
