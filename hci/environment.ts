type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Runs the synchronous function `act` with some environment variables set (deleted if undefined), and restores them
 * afterwards.
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

/** Sets environment variables, or deletes them if undefined. */
export function setEnvironment(variables: Variables): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  }
}
