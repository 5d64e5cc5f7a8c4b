// The figure of an image of one's own as the model sees it, with a sentence beside it.

// Returns { begin, draw, describe }. `describe` gives the sentences: the `caption` of an image, what is shown `before`
// there is one, and what while what there was is `clear`.
function createFramed(figure) {
  const canvas = figure.querySelector("canvas");
  const caption = figure.querySelector("figcaption");
  const context = canvas.getContext("2d");
  const bitmap = new ImageData(canvas.width, canvas.height);
  let sentences = { caption: "", before: "", clear: "" };
  let isClear = false; // though something was drawn

  function show(ink) {
    for (let i = 0; i < ink.length; i++) {
      bitmap.data.fill(ink[i], 4 * i, 4 * i + 3);
      bitmap.data[4 * i + 3] = 255;
    }
    context.putImageData(bitmap, 0, 0);
    canvas.hidden = false;
  }

  function explain() {
    const text = canvas.hidden ? sentences.before : isClear ? sentences.clear : sentences.caption;
    if (caption.textContent !== text) caption.textContent = text;
  }

  // An image from elsewhere, or none.
  function begin(ink) {
    isClear = false;
    canvas.hidden = true;
    if (ink) show(ink);
  }

  // What there is now; where that is nothing, the last image stays.
  function draw(ink) {
    isClear = !ink;
    if (ink) show(ink);
    explain();
  }

  function describe(given) {
    sentences = given;
    explain();
  }

  return { begin, draw, describe };
}
