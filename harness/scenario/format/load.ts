import { basename } from 'node:path';
import { isTable, parseText, readText } from '../../../client/config/document.ts';
import type { Table } from '../../../client/config/document.ts';
import { positionOf, problemAt, wrongValue } from '../../../client/config/finding.ts';
import type { Finding } from '../../../client/config/finding.ts';
import type { Section, Typed } from '../../../client/config/key.ts';
import { FILE_START } from '../../../client/config/positions.ts';
import type { Path } from '../../../client/config/positions.ts';
import { findSpelling, readKeys } from '../../../client/config/read-keys.ts';
import { ConfigError } from '../../../client/config/report.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { readClient } from './load-client.ts';
import { HEADERS, meantAtTop, meantKey, meantSection } from './load-meant.ts';
import type { SectionName } from './load-meant.ts';
import { beforeTheEnd, readSteps } from './load-steps.ts';
import type { Expectations, Scenario } from './scenario.ts';
import { EXPECT, GUARANTEE, SCOOTER, TOP } from './schema.ts';
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
    findings.map((finding) => problemAt(positionOf(finding, positions) ?? FILE_START, finding)),
  );
}

/** Without findings the scenario is a valid one. */
function read(table: Table, name: string, faults: Faults): { scenario: Scenario; findings: Finding[] } {
  const headings = Object.keys(HEADERS) as SectionName[];
  const written = Object.fromEntries(
    headings.map((heading) => [
      heading,
      findSpelling(heading, table, HEADERS, (key) => meantSection(key, table[key])),
    ]),
  ) as Record<SectionName, string>;
  const above = Object.fromEntries(Object.entries(table).filter(([key]) => !Object.hasOwn(HEADERS, key)));

  const top = readKeys(TOP.keys, above, { path: [], suggest: (key) => meantAtTop(key, table[key]) });
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
      ...top.findings.map(withHeaders),
      ...[scooter, client, script].flatMap(({ findings }) => findings),
      ...expect.findings.flatMap((finding) => wrongGuarantees(finding, table[written.expect])),
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
  if (!isTable(value))
    return { typed: {}, findings: [wrongValue([written], `a section ${HEADERS[name]}`, value)] };
  return readKeys(keys, value, { path: [written], suggest: (key) => meantKey(key, name) });
}

/** Sections are expected beside the keys at the top, too. */
function withHeaders(finding: Finding): Finding {
  if (finding.kind !== 'unknown') return finding;
  return { ...finding, expected: [finding.expected, ...Object.values(HEADERS)].join(', ') };
}

/** Reports the unknown ones of an array of guarantees instead of the array. */
function wrongGuarantees(finding: Finding, section: unknown): Finding[] {
  const { kind, path } = finding;
  const [, key = ''] = path;
  const value = kind === 'value' && isTable(section) ? section[key] : undefined;
  if (finding.expected !== EXPECT.keys.guarantees.kind.expects || !Array.isArray(value)) return [finding];
  return value.flatMap((id: unknown, index) =>
    GUARANTEE.schema.safeParse(id).success ? [] : [wrongValue([...path, index], GUARANTEE.expects, id)],
  );
}

function recoveredTooLate(
  { recoveredByMs }: Partial<Expectations>,
  durationMs: number,
  path: Path,
): Finding[] {
  if (recoveredByMs === undefined || !(recoveredByMs >= durationMs)) return [];
  return [{ kind: 'value', path, expected: beforeTheEnd(durationMs), got: durationText(recoveredByMs) }];
}
