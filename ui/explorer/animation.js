// needs: ../components/motion.js ../components/names.js
// Traversals from end to end and back in one dimension, the others held: ±3 under N(0, I), else all of the plane.

const SWEEP_SECONDS = 4; // one dimension there and back
const STILLS = 8; // of a sweep, where motion is not wanted

// `position` { z, label } is the explorer's and only read here; the last argument is how to change z (explorer.js).
export function createAnimation(root, position, { set, paint, end }) {
  const choice = root.querySelector(".animate");
  const halt = root.querySelector(".stop");

  let network;
  let request = 0; // of the next frame; 0 at rest

  function adopt(published) {
    const anew = network?.meta.z_dim !== published.meta.z_dim || network.meta.level !== published.meta.level;
    network = published;
    if (!anew) return;
    stop();
    const dims = Array.from({ length: network.meta.z_dim }, (_, i) => new Option(named(i, network.meta.level), i));
    const all = dims.length > 1 ? [new Option("each in turn", "all")] : [];
    choice.replaceChildren(new Option("animate…", ""), ...all, ...dims);
  }

  // The dimensions of `sequence` in turn, again and again.
  function start(sequence) {
    const held = Float32Array.from(position.z);
    const begin = performance.now();
    const reach = network.meta.prior === "standard" ? 3 : network.limit;
    const frame = (now) => {
      const sweeps = paced(Math.max(0, now - begin) / 1000 / SWEEP_SECONDS, STILLS);
      const dim = sequence[Math.floor(sweeps) % sequence.length];
      const previous = sequence[(Math.floor(sweeps) + sequence.length - 1) % sequence.length];
      if (previous !== dim && position.z[previous] !== held[previous]) set(previous, held[previous]);
      set(dim, -reach * Math.cos(2 * Math.PI * sweeps));
      paint();
      request = requestAnimationFrame(frame);
    };
    request = requestAnimationFrame(frame);
    halt.hidden = false;
  }

  function stop() {
    if (!request) return;
    cancelAnimationFrame(request);
    request = 0;
    halt.hidden = true;
    choice.value = "";
  }

  choice.addEventListener("change", () => {
    const { value } = choice;
    if (value === "") return;
    stop();
    start(value === "all" ? Array.from(position.z.keys()) : [Number(value)]);
    choice.value = value;
  });
  halt.addEventListener("click", () => {
    stop();
    end();
  });

  return { adopt, stop };
}
