import { describe, expect, it } from 'vitest';
import type { RunFacts } from './guarantee.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

class WithoutToken extends TraceBuilder {
  override get facts(): RunFacts {
    const { config, scooter, ...others } = super.facts;
    return {
      ...others,
      config: { ...config, scooter: { ...config.scooter, authentication: 'optional' } },
      scooter: { ...scooter, paired: false },
    };
  }
}

interface Options {
  readonly links?: number;
  readonly characteristic?: string;
  readonly code?: number;
}

/** A client without a token whose links lack a characteristic. */
function lacking({ links = 3, characteristic = 'replies', code }: Options): string[] {
  const trace = new WithoutToken();
  trace.record({ type: 'scooter.on' });
  trace.start();
  const step = trace.beginFault('link.without', `characteristic ${characteristic}`);
  for (let link = 0; link < links; link++) {
    trace.advance(1_000);
    trace.record({ type: 'link.attempt' });
    trace.record({ type: 'link.up', supervisionMs: 5_000 });
    trace.advance(500);
    trace.record({ type: 'link.down', reason: 0x13 });
  }
  if (code !== undefined) trace.stop('exit', code);
  trace.advance(60_000);
  trace.endFault(step);
  trace.advance(1_000);
  return trace.result('S8').violations.map(({ measured }) => measured);
}

describe('S8', () => {
  it('holds if a client without a token gives up a scooter that it cannot read', () => {
    expect(lacking({ code: 78 })).toEqual([]);
  });

  it.each<[string, Options, string[]]>([
    ['gives up after two links', { links: 2, code: 78 }, ['exit 78']],
    [
      'gives up for a characteristic that it does not need',
      { characteristic: 'parcels', code: 78 },
      ['exit 78'],
    ],
    ['gives up with another code', { code: 75 }, ['not at all']],
    ['never gives up', {}, ['not at all']],
  ])('is violated if it %s', (_, options, expected) => {
    expect(lacking(options)).toEqual(expected);
  });
});
