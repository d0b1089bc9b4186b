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
import { oneOf } from '../../../client/config/values.ts';
import { findModel, UnknownModelError } from '../../../simulator/models/models.ts';
import { modeCodes } from '../../../simulator/ride/mode-limits.ts';
import { FAULTS } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import { readClient } from './load-client.ts';
import { HEADERS, suggestTopLevel, suggestKey, suggestSection } from './suggestions.ts';
import type { SectionName } from './suggestions.ts';
import { expectedBefore, readSteps } from './load-steps.ts';
import type { Expectations, Scenario } from './scenario.ts';
import { EXPECT, SCOOTER, TOP_LEVEL } from './schema.ts';
import type { Faults } from './schema.ts';
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
  const scooter = readSection('scooter', SCOOTER, table[headers.scooter], headers.scooter);
  const expect = readSection('expect', EXPECT, table[headers.expect], headers.expect);
  const client = readClient(table[headers.client], headers.client);
  const script = readSteps(table[headers.step] ?? [], headers.step, { faults, durationMs });
  const expected = expect.typed as Typed<typeof EXPECT.keys>;
  return {
    scenario: {
      name,
      ...topLevel,
      durationMs,
      scooter: scooter.typed as Typed<typeof SCOOTER.keys>,
      client: client.overrides,
      steps: script.steps,
      expect: { guarantees: GUARANTEE_IDS, ...expected },
    },
    findings: [
      ...top.findings.map(withHeaders),
      ...[scooter, client, script].flatMap(({ findings }) => findings),
      ...checkModel(scooter.typed, headers.scooter),
      ...expect.findings,
      ...checkRecoveredBy(expected, durationMs, [headers.expect, 'recovered_by']),
    ],
  };
}

function readSection(
  name: 'scooter' | 'expect',
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

/** A generation, an advertisement or a mode that the model does not have. */
function checkModel(scooter: Partial<Typed<typeof SCOOTER.keys>>, header: string): Finding[] {
  const { model, mode, ...choice } = scooter;
  if (model === undefined) return [];
  try {
    const codes = modeCodes(findModel(model, choice));
    if (mode === undefined || codes.includes(mode)) return [];
    return [wrongValue([header, 'mode'], codes.join(' or '), mode)];
  } catch (error) {
    if (!(error instanceof UnknownModelError)) throw error;
    const { key, choices } = error;
    return [wrongValue([header, key], oneOf(...choices).expects, scooter[key])];
  }
}

function checkRecoveredBy(
  { recoveredByMs }: Partial<Expectations>,
  durationMs: number,
  path: Path,
): Finding[] {
  if (recoveredByMs === undefined || !(recoveredByMs >= durationMs)) return [];
  return [{ kind: 'value', path, expected: expectedBefore(durationMs), got: formatDuration(recoveredByMs) }];
}
