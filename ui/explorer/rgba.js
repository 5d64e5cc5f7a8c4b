// How pixels look on a canvas.

// Pixels in [0, 1], channels first, to RGBA bytes. Values outside are clipped here, for display only.
// Grey images use one ink scale in both themes: 0 is near-black, 1 is white.
export function toRGBA(pixels, [channels, height, width], rgba) {
  const size = height * width;
  for (let i = 0, at = 0; i < size; i++, at += 4) {
    if (channels === 3) {
      rgba[at] = 255 * pixels[i];
      rgba[at + 1] = 255 * pixels[size + i];
      rgba[at + 2] = 255 * pixels[2 * size + i];
    } else {
      rgba[at] = 11 + 244 * pixels[i];
      rgba[at + 1] = 13 + 242 * pixels[i];
      rgba[at + 2] = 18 + 237 * pixels[i];
    }
    rgba[at + 3] = 255;
  }
  return rgba;
}
