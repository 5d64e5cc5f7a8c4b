// needs: pixels.js
// HTML from Python on the page, with what its figures can do.

export function showHTML(place, html) {
  place.innerHTML = html;
  for (const figure of place.querySelectorAll(".lab-readable")) makeReadable(figure);
}
