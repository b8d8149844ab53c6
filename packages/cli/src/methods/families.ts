/** What the families of methods have in common, in words; the methods themselves come from the registry. */
import { type AnyMethodRow, allMethods, type Family } from 'counterpoise/catalog';

interface FamilyText {
  readonly title: string;
  /** A few sentences of Markdown. */
  readonly intro: string;
}

export const FAMILIES: Readonly<Record<Family, FamilyText>> = {
  fixed: {
    title: 'Fixed weights',
    intro:
      'Weights that do not look at the losses. `sum` and `mean` are the baselines that every other method has to beat; `static` with weights from a ' +
      'search is the one that published methods often fail to beat. They do nothing about scales by themselves: a loss in millimetres drowns one in ' +
      'metres. Begin here, then compare.',
  },
  statistics: {
    title: 'Running statistics of each loss',
    intro:
      'Each loss is divided by one number that sums up its past: its first value, its largest, its mean, a quantile. Whatever its unit, a task then ' +
      'begins with a term near 1. They are cheap, need losses alone and treat each task apart from the others; they differ in what they do with ' +
      'outliers, with losses that fall fast, and with noise. The statistics are state: save them with the model.',
  },
  losses: {
    title: 'Formulas in the losses',
    intro:
      'Weights from the values of the losses, now and some steps or epochs before: their logarithm, their rate of descent, their largest, their ' +
      'distance to a preference. `log-sum` has no state and nothing to tune and should be the second baseline. Methods that compare ' +
      'rates (`dwa`, `soft-adapt`, `relobralo`) weigh the raw losses, so they say who is slow, not in which unit a loss is: look for "scale" among ' +
      'their properties.',
  },
  learned: {
    title: 'Learned weights',
    intro:
      'The weights have parameters of their own, trained beside the model by an optimiser that lives in the state of the method: nothing has to be ' +
      'added to the optimiser of the model. Their learning rate is one more number to tune, and they need steps until the weights fit. ' +
      'At rest, `uncertainty` and `imtl-l` give the shares of `log-sum`.',
  },
  norms: {
    title: 'Gradient norms',
    intro:
      'A loss 1000 times larger need not have a gradient 1000 times larger: these methods look at the length of the gradient of each loss, with ' +
      'respect to the shared parameters, their last layer, or the output of the network. One backward pass per loss is the price; ' +
      'give `gradientNorms`, or a `gramian`, whose diagonal has them.',
  },
  gramian: {
    title: 'Angles between gradients',
    intro:
      'No scaling helps two tasks whose gradients point against each other. These methods see the Gramian G = J Jᵀ, the K x K dot products of the ' +
      'gradients of the K losses, and combine the gradients so that conflicts are resolved: each in its own sense, told by its properties. Everything is computed from the K x K ' +
      'numbers, so the size of the model does not matter here; the K backward passes do.',
  },
  gradients: {
    title: 'Whole gradients',
    intro:
      'What these methods do cannot be said in one weight per loss: they decide entry by entry, or keep gradients from step to step. So they need ' +
      'the engine and not numbers alone: `train localize --balance NAME`, or `createStepMethod` of `@counterpoise/training`; `counterpoise weigh` ' +
      'refuses them. They work at the boundary `parameters`. What is averaged or summed over time takes K times the memory ' +
      'of the shared parameters more, and is saved with the optimiser. The weights that they show are those of the raw losses. ' +
      '`--balance-every` spares the weighing, not the gradients. `db-mtl` with `momentum` and `gradvac` with `per=layer` belong here too.',
  },
};

/** The rows of the registry by family, in the order of `FAMILIES`; families without methods are left out. */
export function methodsByFamily(): readonly (readonly [Family, readonly AnyMethodRow[]])[] {
  const rows = Object.values(allMethods) as unknown as readonly AnyMethodRow[];
  return (Object.keys(FAMILIES) as Family[])
    .map((family) => [family, rows.filter((row) => row.family === family)] as const)
    .filter(([, members]) => members.length > 0);
}
