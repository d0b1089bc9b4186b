type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Runs `act`, which must be synchronous, with some environment variables set, or taken away where they are undefined;
 * afterwards they are as they were.
 */
export function withEnvironment<T>(variables: Variables, act: () => T): T {
  const original = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  try {
    setEnvironment(variables);
    return act();
  } finally {
    setEnvironment(original);
  }
}

/** Sets environment variables, or takes them away where they are undefined. */
export function setEnvironment(variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
