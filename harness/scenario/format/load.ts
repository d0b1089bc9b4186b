import { basename } from 'node:path';
import { isTable, parseText, readText } from '../../../client/config/document.ts';
import type { Table } from '../../../client/config/document.ts';
import { positionOf, problemAt, wrongValue } from '../../../client/config/finding.ts';
import type { Finding } from '../../../client/config/finding.ts';
import type { Section, Typed } from '../../../client/config/key.ts';
import { FILE_START } from '../../../client/config/positions.ts';
import type { Path } from '../../../client/config/positions.ts';
import { VOCABULARY } from './vocabulary.ts';
import { findSpelling, readKeys } from '../../../client/config/read-keys.ts';
import { ConfigError } from '../../../client/config/report.ts';
import { hasLogin } from '../../../simulator/models/models.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { checkBroker } from './check-broker.ts';
import { checkGps } from './check-gps.ts';
import { checkLogin, selectModel } from './check-model.ts';
import { readClient } from './load-client.ts';
import { HEADERS, suggestTopLevel, suggestKey, suggestSection } from './suggestions.ts';
import type { SectionName } from './suggestions.ts';
import { expectedBefore, readSteps } from './load-steps.ts';
import type { Expectations, Scenario } from './scenario.ts';
import { EXPECT, TOP_LEVEL, WORLD, WORLD_SECTIONS } from './schema.ts';
import type { Faults, WorldSection } from './schema.ts';
import type { SCOOTER } from './scooter-schema.ts';
import { formatDuration } from './values.ts';

const EXTENSION = '.toml';

const SCENARIO = { name: 'the scenario', advice: 'existing scenarios are in scenarios/' };

/**
 * Reads the scenario at `path`.
 * @throws ClientError `config` if the file cannot be read, ConfigError with all errors if it is invalid
 */
export function loadScenario(path: string, faults: Faults = FAULTS): Scenario {
  return readScenario(readText(path, SCENARIO), path, faults);
}

/**
 * Parses the text of a scenario.
 * @param name name in messages, normally the path; its last part is the name of the scenario
 * @throws ConfigError with all errors
 */
export function readScenario(text: string, name: string, faults: Faults = FAULTS): Scenario {
  const { table, positions, problems } = parseText(text, name, VOCABULARY);
  const { scenario, findings } = read(table, basename(name, EXTENSION), faults);
  if (problems.length + findings.length === 0) return scenario;
  const found = findings.map((finding) => problemAt(positionOf(finding, positions) ?? FILE_START, finding));
  throw new ConfigError(name, [...problems, ...found]);
}

/** Parses a scenario, which is valid only without findings. */
function read(table: Table, name: string, faults: Faults): { scenario: Scenario; findings: Finding[] } {
  const names = Object.keys(HEADERS) as SectionName[];
  const headers = Object.fromEntries(
    names.map((heading) => [
      heading,
      findSpelling(heading, table, HEADERS, (key) => suggestSection(key, table[key])),
    ]),
  ) as Record<SectionName, string>;
  const keys = Object.fromEntries(Object.entries(table).filter(([key]) => !Object.hasOwn(HEADERS, key)));

  const top = readKeys(TOP_LEVEL.keys, keys, {
    path: [],
    suggest: (key) => suggestTopLevel(key, table[key]),
  });
  const { durationMs, ...topLevel } = top.typed as Typed<typeof TOP_LEVEL.keys>;
  const world = WORLD_SECTIONS.map((name) =>
    readSection(name, WORLD[name], table[headers[name]], headers[name]),
  );
  const worldTyped = Object.fromEntries(WORLD_SECTIONS.map((name, index) => [name, world[index]?.typed])) as {
    [Name in WorldSection]: Typed<(typeof WORLD)[Name]['keys']>;
  };
  const expect = readSection('expect', EXPECT, table[headers.expect], headers.expect);
  const client = readClient(table[headers.client], headers.client);
  const typed: Typed<typeof SCOOTER.keys> = worldTyped.scooter;
  const { model, findings: modelFindings } = selectModel(typed, headers.scooter);
  const script = readSteps(table[headers.step] ?? [], headers.step, { faults, durationMs, model });
  const expected = expect.typed as Typed<typeof EXPECT.keys>;
  return {
    scenario: {
      name,
      ...topLevel,
      durationMs,
      ...worldTyped,
      scooter: { ...typed, paired: typed.paired ?? (model !== undefined && hasLogin(model)) },
      client: client.overrides,
      steps: script.steps,
      expect: { guarantees: GUARANTEE_IDS, ...expected },
    },
    findings: [
      ...top.findings.map(withHeaders),
      ...[...world, client, script].flatMap(({ findings }) => findings),
      ...modelFindings,
      ...checkBroker(worldTyped.broker, headers),
      ...checkLogin(model, typed, client.overrides, headers),
      ...checkGps(worldTyped.gps, client.overrides, headers),
      ...expect.findings,
      ...checkRecoveredBy(expected, durationMs, [headers.expect, 'recovered_by']),
    ],
  };
}

function readSection(
  name: WorldSection | 'expect',
  { keys }: Section,
  value: unknown = {},
  header: string,
): { typed: Table; findings: Finding[] } {
  if (!isTable(value))
    return { typed: {}, findings: [wrongValue([header], `a section ${HEADERS[name]}`, value)] };
  return readKeys(keys, value, { path: [header], suggest: (key) => suggestKey(key, name) });
}

/** Adds the section headers to the keys that are expected above the first section. */
function withHeaders(finding: Finding): Finding {
  if (finding.kind !== 'unknown') return finding;
  return { ...finding, expected: [finding.expected, ...Object.values(HEADERS)].join(', ') };
}

function checkRecoveredBy(
  { recoveredByMs }: Partial<Expectations>,
  durationMs: number,
  path: Path,
): Finding[] {
  if (recoveredByMs === undefined || !(recoveredByMs >= durationMs)) return [];
  return [{ kind: 'value', path, expected: expectedBefore(durationMs), got: formatDuration(recoveredByMs) }];
}
