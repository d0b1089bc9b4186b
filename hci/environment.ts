/**
 * Runs `act`, which must be synchronous, with some environment variables set, or taken away where they are undefined;
 * afterwards they are as they were.
 */
export function withEnvironment<T>(variables: Readonly<Record<string, string | undefined>>, act: () => T): T {
  const outer = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  try {
    for (const [name, value] of Object.entries(variables)) set(name, value);
    return act();
  } finally {
    for (const [name, value] of outer) set(name, value);
  }
}

function set(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}
