/** sharp, loaded with the first picture: loading libvips takes a third of a second, and most commands see no picture. */
type Sharp = typeof import('sharp')['default'];

let loading: Promise<Sharp> | undefined;

export function loadSharp(): Promise<Sharp> {
  loading ??= import('sharp').then(({ default: sharp }) => {
    // We decode several pictures at a time; threads within one picture would only fight with them and with the training step.
    sharp.concurrency(1);
    // sharp's own cache of open files and operations is of no use to pictures that are decoded once.
    sharp.cache(false);
    return sharp;
  });
  return loading;
}
