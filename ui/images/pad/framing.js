// Ink set in a field as MNIST sets its digits, to the same bytes as vaemodels/data/framing.py: fitted into a box of 20×20
// by Pillow's bicubic resampling, stretched to reach 255, centred by mass in 28×28.

const FIELD = 28;
const BOX = 20;

// Uint8Array(FIELD * FIELD) of the `ink` (height * width bytes, 0 where there is none); null where there is none at all.
export function frameInk(ink, width, height) {
  const crop = boundsOf(ink, width, height);
  if (!crop) return null;
  const scale = BOX / Math.max(crop.width, crop.height);
  const fitted = (side) => Math.max(1, roundHalfToEven(side * scale));
  const box = { width: fitted(crop.width), height: fitted(crop.height) };
  return centre(stretched(resampled(ink, width, crop, box)), box);
}

// Where there is ink; nothing where there is none.
function boundsOf(ink, width, height) {
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (!ink[at]) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return bottom < 0 ? null : { top, left, width: right - left + 1, height: bottom - top + 1 };
}

// The crop at the size of the box, Float32Array: along the rows first, then along the columns, as Pillow does it.
function resampled(ink, width, crop, box) {
  const rows = new Float32Array(crop.height * box.width);
  takingOf(crop.width, box.width).forEach(({ first, weights }, x) => {
    for (let y = 0; y < crop.height; y++) {
      const start = (crop.top + y) * width + crop.left + first;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += ink[start + i] * weights[i];
      rows[y * box.width + x] = sum;
    }
  });
  const levels = new Float32Array(box.height * box.width);
  takingOf(crop.height, box.height).forEach(({ first, weights }, y) => {
    for (let x = 0; x < box.width; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += rows[(first + i) * box.width + x] * weights[i];
      levels[y * box.width + x] = sum;
    }
  });
  return levels;
}

// For each of the outputs along a line: the first of the inputs that it takes, and the weights of those from there on.
function takingOf(inputs, outputs) {
  const scale = inputs / outputs;
  const spread = Math.max(1, scale); // wider than the cubic where the line shrinks, so that no input is passed over
  const inverse = 1 / spread;
  return Array.from({ length: outputs }, (_, output) => {
    if (inputs === outputs) return { first: output, weights: Float64Array.of(1) };
    const middle = (output + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - 2 * spread + 0.5));
    const end = Math.min(inputs, Math.trunc(middle + 2 * spread + 0.5));
    const weights = new Float64Array(end - first);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] = cubic((i + first - middle + 0.5) * inverse);
    for (let i = 0; i < weights.length; i++) weights[i] /= sum;
    return { first, weights };
  });
}

// R. Keys' cubic convolution with a = -1/2 (1981).
function cubic(distance) {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
  return 0;
}

// Bytes, of which the largest is 255; each step rounded as float32 is.
function stretched(levels) {
  let most = 0;
  for (let i = 0; i < levels.length; i++) most = Math.max(most, levels[i]);
  const factor = Math.fround(255 / most);
  const bytes = new Uint8Array(levels.length);
  for (let i = 0; i < levels.length; i++) bytes[i] = roundHalfToEven(Math.fround(Math.max(0, levels[i]) * factor));
  return bytes;
}

// The box with its centre of mass at pixel (14, 14), or as near as it fits.
function centre(levels, box) {
  let [mass, across, down] = [0, 0, 0];
  for (let y = 0, at = 0; y < box.height; y++) {
    for (let x = 0; x < box.width; x++, at++) {
      mass += levels[at];
      across += levels[at] * x;
      down += levels[at] * y;
    }
  }
  const start = (moment, side) => Math.min(Math.max(roundHalfToEven(FIELD / 2 - moment / mass), 0), FIELD - side);
  const [top, left] = [start(down, box.height), start(across, box.width)];
  const field = new Uint8Array(FIELD * FIELD);
  for (let y = 0; y < box.height; y++) {
    field.set(levels.subarray(y * box.width, (y + 1) * box.width), (top + y) * FIELD + left);
  }
  return field;
}

// As Python and NumPy round.
function roundHalfToEven(value) {
  const up = Math.round(value);
  return up - value === 0.5 && up % 2 ? up - 1 : up;
}
