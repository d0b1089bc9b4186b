import type { Mutation } from '../../scenario/player/play.ts';

/** Tells with every login what it was made with. */
export function tellsTheToken(): Mutation {
  return {
    platform: (platform, stage) => ({
      ...platform,
      log: {
        write: (line) => {
          const token = stage().scooter.token?.toString('hex') ?? '';
          return platform.log.write(line.replace('logged in to the scooter', `logged in with ${token}`));
        },
      },
    }),
  };
}
