// needs: ../pad/framing.js
// A picture's ink as vaemodels/picture_by_hand.py takes it, to the same bytes: turned, cropped, beyond a threshold.
//
// A `picture` is { levels, width, height }; `byHand` is { left, top, right, bottom, turns, angle, dark_on_light, threshold }.

// What a crop of the picture shows: { strength, inside, width, height }. Strength is the level, or 255 − the level where
// ink is dark; `inside` tells which pixels lie in the picture.
export function cropOf(picture, byHand) {
  const { left, top, right, bottom, angle, dark_on_light: isDark } = byHand;
  const level = turnedBy(picture, byHand.turns);
  const size = { width: right - left, height: bottom - top };
  const strength = new Uint8Array(size.width * size.height);
  const inside = new Uint8Array(strength.length).fill(1);
  const { width, height } = turnedSize(picture, byHand.turns);
  const [cos, sin] = [Math.cos(angle * (Math.PI / 180)), Math.sin(angle * (Math.PI / 180))];
  for (let row = top, at = 0; row < bottom; row++) {
    for (let column = left; column < right; column++, at++) {
      let value;
      if (angle === 0) value = level(column, row);
      else {
        const [across, down] = [column - (width - 1) / 2, row - (height - 1) / 2];
        const x = cos * across + sin * down + (width - 1) / 2;
        const y = cos * down - sin * across + (height - 1) / 2;
        if (x < 0 || x > width - 1 || y < 0 || y > height - 1) inside[at] = 0;
        else value = between(level, width, height, x, y, isDark);
      }
      if (inside[at]) strength[at] = angle === 0 && isDark ? 255 - value : value;
    }
  }
  return { strength, inside, ...size };
}

// The size of the picture after quarter turns.
export const turnedSize = ({ width, height }, turns) => (turns % 2 ? { width: height, height: width } : { width, height });

// (x, y) → the level there of the picture after quarter turns, clockwise.
function turnedBy({ levels, width, height }, turns) {
  return [
    (x, y) => levels[y * width + x],
    (x, y) => levels[(height - 1 - x) * width + y],
    (x, y) => levels[(height - 1 - y) * width + width - 1 - x],
    (x, y) => levels[x * width + width - 1 - y],
  ][turns];
}

// Bilinear interpolation of the strength, rounded half up.
function between(level, width, height, x, y, isDark) {
  const strength = (column, row) => (isDark ? 255 - level(column, row) : level(column, row));
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [toRight, toBottom] = [x - left, y - top];
  const upper = strength(left, top) * (1 - toRight) + strength(right, top) * toRight;
  const lower = strength(left, bottom) * (1 - toRight) + strength(right, bottom) * toRight;
  return Math.floor(upper * (1 - toBottom) + lower * toBottom + 0.5);
}

const MIN_CONTRAST = 24; // as in vaemodels/picture_ink.py

// The level up to which strengths inside the picture are one class, by Otsu's method; the highest level where nothing
// stands out from the rest.
export function usualThreshold({ strength, inside }) {
  const counts = new Float64Array(256);
  let [total, sum] = [0, 0];
  for (let i = 0; i < strength.length; i++) {
    if (!inside[i]) continue;
    counts[strength[i]]++;
    total++;
    sum += strength[i];
  }
  const lowest = counts.findIndex((count) => count > 0);
  const highest = counts.findLastIndex((count) => count > 0);
  if (highest - lowest < MIN_CONTRAST) return Math.max(highest, 0);
  let [best, most, below, sumBelow] = [0, 0, 0, 0];
  for (let level = 0; level < 256; level++) {
    below += counts[level];
    sumBelow += counts[level] * level;
    const above = total - below;
    const apart = sumBelow / Math.max(below, 1) - (sum - sumBelow) / Math.max(above, 1);
    const between = below * above * apart * apart;
    if (between > most) [best, most] = [level, between];
  }
  return best;
}

// Bytes of the crop's size, 0 where there is no ink, up to 255.
export function inkBeyond({ strength, inside }, threshold) {
  let most = 1;
  for (let i = 0; i < strength.length; i++) if (inside[i]) most = Math.max(most, strength[i] - threshold);
  const ink = new Uint8Array(strength.length);
  for (let i = 0; i < ink.length; i++) {
    if (inside[i] && strength[i] > threshold) ink[i] = roundHalfToEven(((strength[i] - threshold) * 255) / most);
  }
  return ink;
}

// What the model sees, Uint8Array(784), null where there is no ink; and the threshold.
export function framedByHand(picture, byHand) {
  const crop = cropOf(picture, byHand);
  const threshold = byHand.threshold ?? usualThreshold(crop);
  return { ink: frameInk(inkBeyond(crop, threshold), crop.width, crop.height), threshold };
}

// The same part of the picture after one more quarter turn clockwise.
export function turnedOnce(picture, byHand) {
  const { height } = turnedSize(picture, byHand.turns);
  const { left, top, right, bottom } = byHand;
  const crop = { left: height - bottom, right: height - top, top: left, bottom: right };
  return { ...byHand, ...crop, turns: (byHand.turns + 1) % 4 };
}
