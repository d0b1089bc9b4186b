/** Warnings about the use of Node.js, which concern the client only if its own code causes them. */
const USAGE_WARNINGS: readonly string[] = ['DeprecationWarning', 'ExperimentalWarning'];
/** A frame of the stack in the sources of the client. */
const CLIENT_FRAME = /[\\/](?:client|protocol|hci)[\\/]/;

/**
 * Whether a warning that Node.js emits while the client runs is a fault of the client, such as
 * `MaxListenersExceededWarning`. What a library uses that Node.js no longer recommends differs by version of Node.js.
 */
export function isClientWarning({ name, stack = '' }: Error): boolean {
  if (!USAGE_WARNINGS.includes(name)) return true;
  return stack.split('\n').some((line) => CLIENT_FRAME.test(line) && !line.includes('node_modules'));
}
