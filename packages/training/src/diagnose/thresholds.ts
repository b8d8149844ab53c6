/** Where the judgement turns. Each is a choice with a reason; docs/diagnose.md tells them too. */

/** With seven steps or fewer the 95 % interval of a median is the whole range of the values: nothing to decide by. */
export const MIN_STEPS = 8;

/**
 * A ratio of gradient lengths below which nothing needs doing: of two orthogonal gradients the shorter one then still makes a
 * tenth of the update's square. Well tuned equal weights are hard to beat there (Kurin et al. 2022, arXiv:2201.04122; Xin et
 * al. 2022, arXiv:2209.11379).
 */
export const BALANCED = 3;

/**
 * From here on a loss counts as drowned: of two orthogonal gradients the shorter one makes at most 1 % of the square. Where equal
 * weights lose in the literature, the units of the losses differ by more (GradNorm's toy; QM9: Gama & Grassi 2025,
 * arXiv:2505.10347).
 */
export const GAP = 10;

/**
 * Mean cosine of a conflict that matters: for two gradients of the same length, g_1 . (g_1 + g_2) = |g_1|^2 (1 + cos), so each
 * loss loses a fifth of its progress to the other. A cosine just below 0 costs nothing (PCGrad, Yu et al. 2020,
 * arXiv:2001.06782: conflict hurts together with a difference in length and curvature).
 */
export const CONFLICT_COSINE = -0.2;

/** Gradients that have nothing to do with each other conflict in half of the steps; persistent is clearly more than that. */
export const CONFLICT_RATE = 2 / 3;

/**
 * Noise of a loss, as a share of its size, from which its own value is a poor divisor: at 0.3 the mean of 1 / L is a tenth
 * above 1 / mean (second order: 1 + noise^2), and single steps leap. Then a running mean divides.
 */
export const NOISY = 0.3;
