// needs: html.js
// Puts the HTML that it is given on the page, and nothing where that has not changed.

const shown = new WeakMap();

export default function ({ data, parentElement }) {
  if (shown.get(parentElement) === data) return;
  shown.set(parentElement, data);
  showHTML(parentElement.querySelector("div"), data);
}
