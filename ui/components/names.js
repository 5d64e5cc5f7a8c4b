// How dimensions and numbers are written.

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

// The dimension with index i of a latent: z₁, or z1₁ of the lower of two levels.
export const named = (i, latent = "z") => latent + String(i + 1).replace(/\d/g, (digit) => SUBSCRIPTS[digit]);
// A true minus sign, and none before a zero.
export const number = (value, digits = 2) => value.toFixed(digits).replace(/^-(?=[0.]*$)/, "").replace("-", "−");
