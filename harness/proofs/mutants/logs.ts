import type { Mutation } from '../../scenario/player/play.ts';

/** Logs the token with every login. */
export function logsToken(): Mutation {
  return {
    platform: (platform, simulation) => ({
      ...platform,
      log: {
        write: (line) => {
          const token = simulation().scooter.token?.toString('hex') ?? '';
          return platform.log.write(line.replace('logged in to the scooter', `logged in with ${token}`));
        },
      },
    }),
  };
}
