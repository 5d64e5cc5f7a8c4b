// needs: ../../explorer/registry.js
// Which digit an image of one's own shows: guessed while it is drawn, until the visitor says it.

const labels = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let label = labels.get(parentElement);
  if (!label) labels.set(parentElement, (label = createLabel(parentElement.querySelector(".told"))));
  label.update(data, setStateValue);
  return () => {
    label.unmount();
    labels.delete(parentElement);
  };
}

function createLabel(root) {
  const choice = root.querySelector(".segmented");
  const status = root.querySelector("[role=status]");
  const again = root.querySelector(".guess");
  let shows, slot, occasion, report, guess, known;
  let told = null; // what the visitor said
  let isCleared = false; // the pad, so that whatever comes next is another drawing
  let unfollow = () => {};

  function update(data, setStateValue) {
    report = () => setStateValue("told", { occasion, label: told });
    const wanted = JSON.stringify(data);
    if (wanted === shows) return;
    shows = wanted;
    if (data.n_labels !== choice.children.length) build(data.n_labels);
    ({ guess, known } = data);
    if (data.slot !== slot) {
      ({ slot } = data);
      unfollow();
      unfollow = follow(slot, { drawing: notice, inference: adopt });
    }
    if (data.occasion !== occasion) {
      ({ occasion } = data);
      isCleared = false;
      tell(data.told);
    }
    describe();
  }

  function build(count) {
    choice.style.setProperty("--labels", count);
    choice.replaceChildren(
      ...Array.from({ length: count }, (_, label) => {
        const row = document.createElement("label");
        const input = Object.assign(document.createElement("input"), { type: "radio", name: "digit", value: label });
        row.append(input, Object.assign(document.createElement("span"), { textContent: label }));
        return row;
      }),
    );
  }

  function notice({ ink }) {
    if (ink && isCleared && told !== null) {
      tell(null);
      report();
    }
    isCleared = !ink;
  }

  function adopt(inferred) {
    if (!inferred.guess) return;
    guess = Array.from(inferred.guess);
    known = null; // that was a test image's
    describe();
  }

  // What the visitor says counts for all that infers on the slot.
  function tell(label) {
    told = label;
    tellLabel(slot, label);
  }

  const best = () => (guess ? guess.indexOf(Math.max(...guess)) : null);

  function describe() {
    const label = known ?? told ?? best() ?? 0;
    choice.disabled = known !== null;
    for (const input of choice.querySelectorAll("input")) input.checked = Number(input.value) === label;
    const guessed = guess && `${best()} (${Math.round(100 * guess[best()])}% sure)`;
    let text = "Nothing here guesses it: say which digit it is.";
    if (known !== null) text = `The test image is ${known === 8 ? "an" : "a"} ${known}. Draw a digit, and it is guessed here.`;
    else if (told !== null) text = guess ? `You say ${told}; the guess is ${guessed}.` : `You say ${told}.`;
    else if (guess) text = `Guessed: ${guessed}. Choose another if that is wrong.`;
    if (status.textContent !== text) status.textContent = text;
    again.hidden = known !== null || told === null || !guess;
  }

  function say(label) {
    tell(label);
    describe();
    report();
  }

  choice.addEventListener("change", ({ target }) => say(Number(target.value)));
  again.addEventListener("click", () => say(null));

  function unmount() {
    unfollow();
    tellLabel(slot, null);
  }

  return { update, unmount };
}
