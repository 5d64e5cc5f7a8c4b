// What a hand does to the frame { left, top, right, bottom } around a crop, in whole pixels within { width, height }.

const LEAST = 4; // pixels a side

const within = (value, low, high) => Math.round(Math.max(low, Math.min(high, value)));

// What of the frame is at (x, y), its sides `near` pixels wide: { sides } to be pulled, { whole } to be moved, or nothing.
export function gripAt(frame, x, y, near) {
  const { left, top, right, bottom } = frame;
  const inX = x > left - near && x < right + near;
  const inY = y > top - near && y < bottom + near;
  if (!inX || !inY) return null;
  const sides = {
    left: Math.abs(x - left) < near && Math.abs(x - left) <= Math.abs(x - right),
    right: Math.abs(x - right) < near && Math.abs(x - right) < Math.abs(x - left),
    top: Math.abs(y - top) < near && Math.abs(y - top) <= Math.abs(y - bottom),
    bottom: Math.abs(y - bottom) < near && Math.abs(y - bottom) < Math.abs(y - top),
  };
  return Object.values(sides).some(Boolean) ? { sides } : { whole: true };
}

// The frame, `frame` when the hand took it, after a way of (across, down).
export function moved(frame, { sides }, across, down, { width, height }) {
  const { left, top, right, bottom } = frame;
  if (!sides) {
    const x = within(left + across, 0, width - (right - left));
    const y = within(top + down, 0, height - (bottom - top));
    return { left: x, top: y, right: x + right - left, bottom: y + bottom - top };
  }
  return {
    left: sides.left ? within(left + across, 0, right - LEAST) : left,
    right: sides.right ? within(right + across, left + LEAST, width) : right,
    top: sides.top ? within(top + down, 0, bottom - LEAST) : top,
    bottom: sides.bottom ? within(bottom + down, top + LEAST, height) : bottom,
  };
}

// A new frame from one corner to the other.
export function spanned([x0, y0], [x1, y1], { width, height }) {
  const left = within(Math.min(x0, x1), 0, width - LEAST);
  const top = within(Math.min(y0, y1), 0, height - LEAST);
  return {
    left,
    top,
    right: within(Math.max(x0, x1), left + LEAST, width),
    bottom: within(Math.max(y0, y1), top + LEAST, height),
  };
}
