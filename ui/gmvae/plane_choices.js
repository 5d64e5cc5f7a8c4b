// needs: ../explorer/dimensions.js
// Which two dimensions a plane shows, and which density behind them.

// `changed` is called when the visitor has chosen. Returns { adopt, turnTo, dims, axes, behind }: the dimensions shown
// (vertical null where z has but one), those that were chosen (null: the model's own), and the density's name.
export function createChoices(root, changed) {
  const find = (selector) => root.querySelector(selector);
  let network;
  let behind = "mixture";
  const dimensions = createDimensions(root, changed, { atAxes: true });

  function adopt(published) {
    network = published;
    dimensions.adopt(network);
    find(".aggregate").hidden = !network.points;
    checkBehind();
  }

  function turnTo(wanted) {
    ({ behind } = wanted);
    dimensions.turnTo(wanted.axes);
    if (network) checkBehind();
  }

  // A model in training has no codes of test images.
  const shownBehind = () => (behind === "aggregate" && !network?.points ? "mixture" : behind);

  const checkBehind = () => (find(`input[value=${shownBehind()}]`).checked = true);

  for (const radio of root.querySelectorAll("input[name=behind]")) {
    radio.addEventListener("change", () => {
      behind = radio.value;
      changed();
    });
  }

  return { adopt, turnTo, dims: () => dimensions.shown, axes: dimensions.axes, behind: shownBehind };
}
