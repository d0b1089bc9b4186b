import type { Command } from 'commander';

/** Makes usage errors begin with the name of the program, as all other errors do. */
export function prefixErrors(program: Command): Command {
  return program.configureOutput({
    outputError: (text, write) => write(text.replace(/^error: /, `${program.name()}: `)),
  });
}
