import { nearestWord } from '../../../client/config/nearest.ts';
import type { Key } from '../../../client/config/key.ts';
import type { Path } from '../../../client/config/positions.ts';
import { isTable } from '../../../client/config/document.ts';
import type { Table } from '../../../client/config/document.ts';
import { wrongValue } from '../../../client/config/finding.ts';
import type { Finding } from '../../../client/config/finding.ts';
import { findSpelling, readKeys } from '../../../client/config/read-keys.ts';
import type { Fault } from '../faults/fault.ts';
import { HEADERS, meantStepKey } from './load-meant.ts';
import type { Step } from './scenario.ts';
import { STEP, faultKey, parameterKeys } from './schema.ts';
import type { Faults } from './schema.ts';
import { durationText } from './values.ts';

/** What a step is checked against. */
interface Story {
  readonly faults: Faults;
  /** `undefined` where that is wrong itself. */
  readonly durationMs: number | undefined;
}

/** Steps that are good for use only where nothing was found. */
interface Reading {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

/** Reads the steps of a story. @param written the key that they stand under */
export function readSteps(value: unknown, written: string, story: Story): Reading {
  if (!Array.isArray(value)) {
    return {
      steps: [],
      findings: [wrongValue([written], `${HEADERS.step} in double brackets before each step`, value)],
    };
  }
  const readings = value.map((step: unknown, index): Reading => {
    const path = [written, index];
    if (isTable(step)) return readStep(step, path, story);
    return { steps: [], findings: [wrongValue(path, 'a table with at and fault', step)] };
  });
  return {
    steps: readings.flatMap(({ steps }) => steps),
    findings: readings.flatMap(({ findings }) => findings),
  };
}

function readStep(table: Table, path: Path, { faults, durationMs }: Story): Reading {
  const fault = faultOf(table, faults);
  const keys = keysOf(fault, faults);
  const { for: lasting, ...atOnce } = table;
  const isInVain = fault?.lasts === false && lasting !== undefined;
  const suggest = (key: string): string | undefined => meantStepKey(key, keys);
  const { typed, valid, findings } = readKeys(keys, isInVain ? atOnce : table, { path, suggest });
  const { atMs, forMs, everyMs, fault: name, ...values } = typed;
  // Each field has just come out of its own key's schema.
  const step = { atMs, fault: name, forMs, ...(everyMs !== undefined && { everyMs }), values } as Step;
  return {
    steps: [step],
    findings: [
      // Without its fault nobody knows which keys a step may have.
      ...findings.filter(({ kind }) => fault !== undefined || kind !== 'unknown'),
      ...(isInVain ? [wrongValue([...path, 'for'], 'no such key: this fault is over at once', lasting)] : []),
      ...wrongTimes(step, valid, path, durationMs),
    ],
  };
}

/** The fault of a step, or the one that was probably meant. */
function faultOf(step: Table, faults: Faults): Fault | undefined {
  const name = step[findSpelling('fault', step, STEP, (key) => meantStepKey(key, STEP))];
  if (typeof name !== 'string') return undefined;
  return faults[Object.hasOwn(faults, name) ? name : (nearestWord(name, Object.keys(faults)) ?? '')];
}

function keysOf(fault: Fault | undefined, faults: Faults): Readonly<Record<string, Key>> {
  const { at, for: lasting, every } = STEP;
  const always = { at, fault: faultKey(faults) };
  if (!fault) return { ...always, for: { ...lasting, optional: true }, every };
  return { ...always, ...(fault.lasts && { for: lasting }), every, ...parameterKeys(fault) };
}

/** A step begins before the story ends, and is over by then, and before it begins again. */
function wrongTimes(
  { atMs, forMs, everyMs }: Partial<Step>,
  valid: Table,
  path: Path,
  durationMs: number | undefined,
): Finding[] {
  if (forMs !== undefined && everyMs !== undefined && everyMs <= forMs) {
    return [
      wrongValue([...path, 'every'], `more than ${durationText(forMs)}, for which it lasts`, valid['every']),
    ];
  }
  if (durationMs === undefined || atMs === undefined) return [];
  if (atMs >= durationMs) return [wrongValue([...path, 'at'], beforeTheEnd(durationMs), valid['at'])];
  if (forMs === undefined || atMs + forMs <= durationMs) return [];
  const expected = `at most ${durationText(durationMs - atMs)}, which is the rest of the story`;
  return [wrongValue([...path, 'for'], expected, valid['for'])];
}

/** What is expected of a moment that comes too late. */
export function beforeTheEnd(durationMs: number): string {
  return `a moment before the end of the story, which is at ${durationText(durationMs)}`;
}
