// Animations for those who ask their system for less motion.

const calm = matchMedia("(prefers-reduced-motion: reduce)");

// How far an animation is, in rounds: as time goes, or from one of `steps` still pictures of a round to the next.
export const paced = (rounds, steps) => (calm.matches ? Math.floor(rounds * steps) / steps : rounds);
