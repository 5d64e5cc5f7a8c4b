// needs: curve.js weights.js bounds.js ../../components/names.js ../../components/motion.js ../../explorer/registry.js
// L_k of one image, filling in draw by draw. Python sends log-weights as they come and is asked for more until all are
// there; how many of them are shown is decided here, with no byte to the server. While the pen moves, the few draws that
// the browser makes itself take their place.

const FILLING = 900; // ms from the first draw to the last, when an image is new
const PLAYING = 9000; // ms, when a visitor watches
const MORE = 10;
const ASK_AGAIN = 2000; // ms: what is sent while a component mounts can be lost
const REST = 500; // ms after which the address learns how many draws are shown
const OWN_DRAWS = "While you draw: the few draws that your browser makes itself.";
const NO_DRAWS = "The draws of this model are made when the pen lifts.";
const RELIABLE = 10; // effective draws, as vaemodels/analysis/diagnostics.py has it
const panels = new WeakMap();
// For benchmarks and tests: when the newest image's curve began and was complete, ms.
const times = (globalThis.__vaelab_curve ??= { stamp: "", began: 0, complete: 0, n: 0 });

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  let panel = panels.get(parentElement);
  if (!panel) panels.set(parentElement, (panel = createPanel(parentElement.querySelector(".tightening"))));
  panel.update(data, setStateValue, setTriggerValue);
  return () => {
    panel.unmount();
    panels.delete(parentElement);
  };
}

function createPanel(root) {
  const find = (selector) => root.querySelector(selector);
  const curve = createCurve(find(".curve"));
  const weights = createWeights(find(".weights"), () => slot);
  const play = find(".play");
  const slider = find(".shown input");
  let slot, report, trigger;
  let of = null; // what Python sent, with its arrays: { logW, at, z, … }
  let pen = null; // log-weights of the drawing under the pen
  let size = { width: 0, height: 0 }; // of the curve
  let n = 1;
  let byHand = false; // the visitor has decided how many draws are shown
  let run = null; // { from, start, ms } of the draws that come by themselves
  let frame = 0;
  let asking = 0;
  let resting = 0;
  let byKey = false; // what the slider tells next comes from a key
  let unfollow = () => {};

  function update(data, setStateValue, setTriggerValue) {
    [report, trigger] = [setStateValue, setTriggerValue];
    if (data.slot !== slot) {
      slot = data.slot;
      unfollow();
      unfollow = follow(slot, { weights: () => weights.repaint(), inference: underThePen });
    }
    const version = [data.stamp, data.turn, data.known, data.exact, data.show].join(" ");
    if (version === of?.version) return;
    const isNew = data.stamp !== of?.stamp;
    const isOther = data.image !== of?.image;
    const isTold = data.turn !== of?.turn;
    of = { ...data, version, logW: column(data.log_w), at: Array.from(column(data.at)), z: column(data.z) };
    if (isNew) {
      pen = null;
      find(".status").textContent = "";
      Object.assign(times, { stamp: of.stamp, began: performance.now(), complete: 0 });
    }
    if (isTold && of.shown !== null) {
      halt();
      [n, byHand] = [of.shown, true];
    } else if (isTold || isOther || (isNew && !byHand)) {
      byHand = false;
      go(1, FILLING);
    }
    askForMore();
    render();
  }

  // ---- draws on their way

  function askForMore() {
    clearTimeout(asking);
    if (of.complete) return;
    const ask = () => {
      report("wanted", { stamp: of.stamp, known: of.known, time: performance.now() });
      asking = setTimeout(ask, ASK_AGAIN);
    };
    asking = setTimeout(ask, 0);
  }

  function underThePen({ logWeights, down }) {
    find(".status").textContent = !down ? "" : logWeights ? OWN_DRAWS : NO_DRAWS;
    if (!logWeights) return;
    pen = logWeights;
    render();
  }

  // ---- how many are shown

  function go(from, ms) {
    run = { from, start: performance.now(), ms };
    n = from;
    play.textContent = "Pause";
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(step);
  }

  function step() {
    if (!run) return;
    const place = Math.log(run.from) / Math.log(of.most) + paced((performance.now() - run.start) / run.ms, 4);
    const wanted = Math.min(Math.round(of.most ** Math.min(1, place)), of.logW.length);
    if (wanted < of.most) frame = requestAnimationFrame(step);
    if (wanted === n) return;
    n = wanted;
    if (n === of.most) {
      halt();
      byHand = false;
      tell();
      times.complete ||= performance.now();
    }
    render();
  }

  function halt() {
    run = null;
    cancelAnimationFrame(frame);
    play.textContent = "Play";
  }

  function show(draws) {
    halt();
    byHand = true;
    n = Math.max(1, Math.min(draws, of.logW.length));
    if (n === of.most) byHand = false;
    render();
    tell();
  }

  // Python is told once the visitor rests, for the address.
  function tell() {
    clearTimeout(resting);
    resting = setTimeout(() => report("shown", { n: byHand ? n : null, turn: of.turn }), REST);
  }

  play.addEventListener("click", () => {
    if (!of) return;
    if (run) {
      halt();
      byHand = true;
      tell();
      return;
    }
    byHand = true;
    go(n >= of.most ? 1 : n, PLAYING);
  });
  find(".more").addEventListener("click", () => of && show(n >= of.most ? MORE : n + MORE));
  find(".again").addEventListener("click", () => trigger("again", true));
  slider.addEventListener("input", () => {
    if (!of) return;
    let wanted = Math.round(of.most ** (slider.value / SLIDER));
    // Among few draws a step of the slider is less than one draw.
    if (byKey && wanted === n) wanted += Math.sign(slider.value - placeOf(n));
    byKey = false;
    show(wanted);
  });
  slider.addEventListener("keydown", (event) => {
    event.stopPropagation();
    byKey = true;
  });
  slider.addEventListener("pointerdown", () => (byKey = false));

  // ---- what is shown

  function render() {
    if (!of) return;
    const logW = pen ?? of.logW;
    const shown = pen ? pen.length : Math.min(n, logW.length);
    const exact = pen ? null : of.exact;
    curve({ logW, known: logW.length, n: shown, exact, most: of.most }, size);
    const found = weightsOf(logW, shown);
    if (!pen) weights.draw(found, of.at, of.z, of.dim, of.show, of.seed);
    find(".images").classList.toggle("stale", Boolean(pen));
    describe(chainOf(logW, shown), found, shown, exact);
    slider.value = placeOf(shown);
    slider.setAttribute("aria-valuetext", `${shown.toLocaleString("en")} draws`);
    slider.disabled = Boolean(pen);
    times.n = shown;
  }

  const placeOf = (draws) => Math.round((SLIDER * Math.log(draws)) / Math.log(of.most));

  function describe(chain, { ess, carriers }, shown, exact) {
    const logW = pen ?? of.logW;
    const draws = shown.toLocaleString("en");
    const { k, repeats } = chain.at(-1);
    const used = (k * repeats).toLocaleString("en");
    const elbo = elboOf(logW, shown);
    find(".k").textContent = draws;
    find(".noun").textContent = shown === 1 ? "draw" : "draws";
    find(".bound").textContent = number(runningOf(logW, shown).at(-1)[1]);
    find(".elbo-value").textContent = number(elbo.mean);
    find(".elbo-error").textContent = shown > 1 ? `± ${number(elbo.stderr)}` : "";
    find(".used").textContent = used;
    find(".log-p").hidden = exact === null;
    if (exact !== null) find(".log-p b").textContent = number(exact);
    find(".ess b").textContent = number(ess, ess < 100 ? 1 : 0);
    find(".carry").textContent =
      shown === 1
        ? "One draw carries all."
        : `${carriers.toLocaleString("en")} of ${draws} draws ${carriers === 1 ? "carries" : "carry"} 90 % of the sum.`;
    const few = ess < RELIABLE && shown >= RELIABLE;
    find(".warning").hidden = !few;
    find(".alone").hidden = shown > 1;
    find(".now").classList.toggle("few", few);
    find(".table").innerHTML = tableOf(chain);
    const level = exact === null ? "" : `; exact log p(x) ${number(exact)}`;
    const curveText = chain.map(({ k, mean }) => `L of ${k} ${number(mean)}`).join(", ");
    find(".curve").setAttribute("aria-label", `The bound over the number of draws, in nats, from the first ${used} of ${draws} draws: ${curveText}${level}`);
    find(".bars").setAttribute(
      "aria-label",
      `Normalised weights of ${draws} draws, largest first: ${carriers} carry 90 % of the sum, effective sample size ${number(ess, 1)}`,
    );
  }

  // Asking for it in `render` would have the browser lay out the page with every move of the pen.
  const resized = new ResizeObserver(([{ contentRect }]) => {
    size = contentRect;
    render();
  });
  resized.observe(find(".curve"));
  return {
    update,
    unmount() {
      unfollow();
      halt();
      clearTimeout(asking);
      clearTimeout(resting);
      resized.disconnect();
    },
  };
}

const SLIDER = 1000; // steps of the slider over the log axis

function tableOf(chain) {
  const row = (name, cells) => `<tr><th scope="row">${name}</th>${cells.join("")}</tr>`;
  const spread = ({ repeats, spread }) => (repeats > 1 ? `± ${number(spread)}` : "only one");
  return (
    row("k", chain.map(({ k }) => `<th scope="col">${k.toLocaleString("en")}</th>`)) +
    row("L<sub>k</sub>", chain.map(({ mean }) => `<td>${number(mean)}</td>`)) +
    row("gain", chain.map(({ mean }) => `<td>${number(mean - chain[0].mean)}</td>`)) +
    row("one block", chain.map((of) => `<td>${spread(of)}</td>`))
  );
}
