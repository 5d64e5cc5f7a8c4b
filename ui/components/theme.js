// What canvases need to know of the page's theme; everything else is CSS on the --st-* variables.

export function themeOf(element) {
  const style = getComputedStyle(element);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    dark: luminance(value("--st-background-color")) < 0.5,
    text: value("--st-text-color"),
    surface: value("--st-secondary-background-color"),
    font: value("--st-font"),
    kl: value("--st-orange-color"),
    primary: value("--st-primary-color"),
  };
}

function luminance(colour) {
  const digits = colour.replace("#", "");
  const [r, g, b] = [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// One colour per digit, told apart under the common kinds of colour blindness and always shown as the digit itself.
const DIGITS_LIGHT = [
  "#0072b2", "#b34f00", "#007a59", "#a04a7c", "#6b5400", "#3d4454", "#8f1d1d", "#2a2a9c", "#1c7c8c", "#7a5cc0",
];
const DIGITS_DARK = [
  "#56b4e9", "#f0894a", "#3cc9a0", "#e3a3c8", "#f0e442", "#c3cad6", "#ff7d7d", "#9fa2ff", "#7fe3f2", "#c9a95b",
];

export const digitColour = (digit, dark) => (dark ? DIGITS_DARK : DIGITS_LIGHT)[digit % 10];
