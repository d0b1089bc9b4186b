import { readScenario } from '../../format/load.ts';
import { runScenario } from '../run.ts';

/** A sample as it is published, as far as tests look at it. */
export interface PublishedSample {
  readonly timestamp: string;
  readonly clock_synced: boolean;
  readonly gpsinfo: {
    readonly latitude: number;
    readonly longitude: number;
    readonly fix: boolean;
    readonly time: string;
  };
}

/** Plays 45 s with the given sections, and returns the samples that the broker has received; every guarantee holds. */
export async function receivedSamples(sections: string): Promise<readonly PublishedSample[]> {
  const { events, config, results } = await runScenario(
    readScenario(`title = "t"\nduration = "45 s"\n${sections}`, 't'),
  );
  const violations = results.flatMap(({ result }) => result.violations);
  if (violations.length > 0) throw new Error(JSON.stringify(violations[0]));
  return events.flatMap((event) =>
    event.type === 'received' && event.topic === config.mqtt.topic
      ? [JSON.parse(event.payload) as PublishedSample]
      : [],
  );
}
