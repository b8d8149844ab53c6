/** What was wrong: an option or method name, the evidence of one step, or a saved state. */
export type ErrorCode = 'option' | 'evidence' | 'state';

/** Every error that a caller can cause. The message is one line that names the argument, its value and what would be right. */
export class CounterpoiseError extends Error {
  override readonly name = 'CounterpoiseError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
