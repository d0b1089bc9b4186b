import { basename } from 'node:path';
import { parseText, placeOf, problemAt, readText } from '../../../client/config/document.ts';
import { EXAMPLE } from '../../../client/config/example.ts';
import type { Section } from '../../../client/config/key.ts';
import { FILE_START } from '../../../client/config/positions.ts';
import type { Path } from '../../../client/config/positions.ts';
import { isTable, readKeys, spelling } from '../../../client/config/read-keys.ts';
import type { Finding, Table } from '../../../client/config/read-keys.ts';
import { ConfigError, echo } from '../../../client/config/report.ts';
import type { Overrides, Typed } from '../../../client/config/schema.ts';
import { validate } from '../../../client/config/validate.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/guarantee.ts';
import { HEADERS, meantAtTop, meantKey, meantSection } from './load-meant.ts';
import type { SectionName } from './load-meant.ts';
import { beforeTheEnd, readSteps } from './load-steps.ts';
import type { Expectations, Scenario } from './scenario.ts';
import { EXPECT, SCOOTER, TOP } from './schema.ts';
import type { Faults } from './schema.ts';
import { durationText } from './values.ts';

const ENDING = '.toml';

const SCENARIO = { name: 'the scenario', advice: 'the scenarios that there are lie in scenarios/' };

/**
 * Reads the scenario at `path`.
 * @throws ClientError `config` if the file cannot be read, as ConfigError with everything that is wrong in it
 */
export function loadScenario(path: string, faults: Faults = FAULTS): Scenario {
  return readScenario(readText(path, SCENARIO), path, faults);
}

/**
 * Turns the text of a scenario into the typed one.
 * @param name what messages call it, normally its path; the scenario is called like the last part of it
 * @throws ConfigError with everything that is wrong
 */
export function readScenario(text: string, name: string, faults: Faults = FAULTS): Scenario {
  const { table, positions } = parseText(text, name);
  const { scenario, findings } = read(table, basename(name, ENDING), faults);
  if (findings.length === 0) return scenario;
  throw new ConfigError(
    name,
    findings.map((finding) => problemAt(placeOf(finding, positions) ?? FILE_START, finding)),
  );
}

/** Without findings the scenario is a valid one. */
function read(table: Table, name: string, faults: Faults): { scenario: Scenario; findings: Finding[] } {
  const headings = Object.keys(HEADERS) as SectionName[];
  const written = Object.fromEntries(
    headings.map((heading) => [
      heading,
      spelling(heading, table, HEADERS, (key) => meantSection(key, table[key])),
    ]),
  ) as Record<SectionName, string>;
  const above = Object.fromEntries(Object.entries(table).filter(([key]) => !Object.hasOwn(HEADERS, key)));

  const top = readKeys(TOP.keys, above, {
    path: [],
    meant: (key) => meantAtTop(key, table[key]),
    others: Object.values(HEADERS),
  });
  const { durationMs, ...story } = top.typed as Typed<typeof TOP.keys>;
  const scooter = readSection('scooter', SCOOTER, table[written.scooter], written.scooter);
  const expect = readSection('expect', EXPECT, table[written.expect], written.expect);
  const client = readClient(table[written.client], written.client);
  const script = readSteps(table[written.step] ?? [], written.step, { faults, durationMs });
  const expected = expect.typed as Typed<typeof EXPECT.keys>;
  return {
    scenario: {
      name,
      ...story,
      durationMs,
      scooter: scooter.typed as Typed<typeof SCOOTER.keys>,
      client: client.overrides,
      steps: script.steps,
      expect: { guarantees: GUARANTEE_IDS, ...expected },
    },
    findings: [
      ...[top, scooter, client, script, expect].flatMap(({ findings }) => findings),
      ...recoveredTooLate(expected, durationMs, [written.expect, 'recovered_by']),
    ],
  };
}

function readSection(
  name: 'scooter' | 'expect',
  { keys }: Section,
  value: unknown = {},
  written: string,
): { typed: Table; findings: Finding[] } {
  if (!isTable(value)) return { typed: {}, findings: [noSection(written, HEADERS[name], value)] };
  return readKeys(keys, value, { path: [written], meant: (key) => meantKey(key, name) });
}

/** What is not told to the client is told to it by every scenario: the example stands for that. */
function readClient(value: unknown = {}, written: string): { overrides: Overrides; findings: Finding[] } {
  if (!isTable(value)) return { overrides: {}, findings: [noSection(written, HEADERS.client, value)] };
  const { findings } = validate(value, { above: [written], given: EXAMPLE });
  return { overrides: value, findings };
}

function recoveredTooLate(
  { recoveredByMs }: Partial<Expectations>,
  durationMs: number,
  path: Path,
): Finding[] {
  if (recoveredByMs === undefined || !(recoveredByMs >= durationMs)) return [];
  return [{ kind: 'value', path, expected: beforeTheEnd(durationMs), got: durationText(recoveredByMs) }];
}

function noSection(written: string, header: string, value: unknown): Finding {
  return { kind: 'value', path: [written], expected: `a section ${header}`, got: echo(value) };
}
