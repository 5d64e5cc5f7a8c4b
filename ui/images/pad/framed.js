// The figure of a drawing as the model sees it, with a sentence beside it.

const CLEAR = "The pad is clear. Until you draw again, the page shows your last drawing.";

// Returns { begin, draw, describe }. `describe` gives the sentences: of an image, and of what is shown before there is one.
function createFramed(figure) {
  const canvas = figure.querySelector("canvas");
  const caption = figure.querySelector("figcaption");
  const context = canvas.getContext("2d");
  const bitmap = new ImageData(canvas.width, canvas.height);
  let sentences = { caption: "", before: "" };
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
    const text = canvas.hidden ? sentences.before : isClear ? CLEAR : sentences.caption;
    if (caption.textContent !== text) caption.textContent = text;
  }

  // An image from elsewhere, or none.
  function begin(ink) {
    isClear = false;
    canvas.hidden = true;
    if (ink) show(ink);
  }

  // What is on the pad; where that is nothing, the last drawing stays.
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
