// How dimensions and numbers are written.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

export const named = (i) => "z" + String(i + 1).replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
// A true minus sign, and none before a zero.
export const number = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
