// needs: ../components/names.js
// What the page's canvases and readouts share.

// The canvas, as sharp as the screen, with nothing on it.
export function clear(canvas) {
  const scale = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height };
}

// Three figures that count.
export function compact(value) {
  const size = Math.abs(value);
  if (size < 5e-5) return size < 1e-12 ? "0" : value > 0 ? "< 0.0001" : "> −0.0001";
  if (size >= 1e4) return number(value, 0).replace(/\B(?=(\d{3})+$)/g, ",");
  return number(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}

export const factor = (ratio) => (ratio > 9999 ? "over 9,999" : ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0));
