// The two estimates of the gradient of the ELBO for the mean of q = N(0, σ²), the posterior being N(0, 1): no DOM.

export const ordinary = (sigma, epsilon) => -sigma * epsilon;
export const stl = (sigma, epsilon) => (1 / sigma - sigma) * epsilon;
// Their standard deviations over ε ~ N(0, 1), in nats per unit of the mean.
export const ordinarySpread = (sigma) => sigma;
export const stlSpread = (sigma) => Math.abs(1 / sigma - sigma);
