import { nearestWord } from '../../../client/config/suggestions.ts';
import type { Key } from '../../../client/config/key.ts';
import type { Path } from '../../../client/config/positions.ts';
import { isTable } from '../../../client/config/document.ts';
import type { Table } from '../../../client/config/document.ts';
import { wrongValue } from '../../../client/config/finding.ts';
import type { Finding } from '../../../client/config/finding.ts';
import { findSpelling, readKeys } from '../../../client/config/read-keys.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import type { Fault } from '../faults/fault.ts';
import { HEADERS, suggestStepKey } from './suggestions.ts';
import type { Step } from './scenario.ts';
import { STEP, faultKey, parameterKeys } from './schema.ts';
import type { Faults } from './schema.ts';
import { formatDuration } from './values.ts';

/** Context in which steps are validated. */
interface StepContext {
  readonly faults: Faults;
  /** Duration of the scenario; undefined if that is invalid. */
  readonly durationMs: number | undefined;
  /** Model of the scooter; undefined if that is invalid. */
  readonly model: ScooterModel | undefined;
}

/** Parsed steps, which are valid only without findings. */
interface StepsResult {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
}

/** Reads the steps of a scenario. @param header the key `step` as spelled in the file */
export function readSteps(value: unknown, header: string, context: StepContext): StepsResult {
  if (!Array.isArray(value)) {
    return {
      steps: [],
      findings: [wrongValue([header], `${HEADERS.step} in double brackets before each step`, value)],
    };
  }
  const results = value.map((step: unknown, index): StepsResult => {
    const path = [header, index];
    if (isTable(step)) return readStep(step, path, context);
    return { steps: [], findings: [wrongValue(path, 'a table with at and fault', step)] };
  });
  return {
    steps: results.flatMap(({ steps }) => steps),
    findings: results.flatMap(({ findings }) => findings),
  };
}

function readStep(table: Table, path: Path, { faults, durationMs, model }: StepContext): StepsResult {
  const fault = findFault(table, faults);
  const keys = stepKeys(fault, faults);
  const { for: duration, ...withoutFor } = table;
  const isForUnexpected = fault?.lasts === false && duration !== undefined;
  const suggest = (key: string): string | undefined => suggestStepKey(key, keys);
  const { typed, valid, findings } = readKeys(keys, isForUnexpected ? withoutFor : table, { path, suggest });
  const { atMs, forMs, everyMs, on, nth, waitMs, fault: name, ...values } = typed;
  // Every value has been parsed by the schema of its key.
  const trigger = on !== undefined && { on, nth, ...(waitMs !== undefined && { waitMs }) };
  const step = {
    atMs,
    fault: name,
    forMs,
    ...(everyMs !== undefined && { everyMs }),
    ...(trigger && { trigger }),
    values,
  } as Step;
  return {
    steps: [step],
    findings: [
      // The valid keys of a step are known only with its fault.
      ...findings.filter(({ kind }) => fault !== undefined || kind !== 'unknown'),
      ...(isForUnexpected
        ? [wrongValue([...path, 'for'], 'no such key, because this fault is instantaneous', duration)]
        : []),
      ...checkTimes(step, valid, path, durationMs),
      ...checkTrigger(step, valid, path),
      ...(findings.length === 0 ? checkFault(fault, step, path, model) : []),
    ],
  };
}

/** The fault of a step, or the most similar one. */
function findFault(step: Table, faults: Faults): Fault | undefined {
  const name = step[findSpelling('fault', step, STEP, (key) => suggestStepKey(key, STEP))];
  if (typeof name !== 'string') return undefined;
  return faults[Object.hasOwn(faults, name) ? name : (nearestWord(name, Object.keys(faults)) ?? '')];
}

function stepKeys(fault: Fault | undefined, faults: Faults): Readonly<Record<string, Key>> {
  const { at, for: duration, every, on, nth, wait } = STEP;
  const always = { at, fault: faultKey(faults) };
  const times = { every, on, nth, wait };
  if (!fault) return { ...always, for: { ...duration, optional: true }, ...times };
  return { ...always, ...(fault.lasts && { for: duration }), ...times, ...parameterKeys(fault) };
}

/** Checks that the model can have what a fault does to it. */
function checkFault(
  fault: Fault | undefined,
  step: Step,
  path: Path,
  model: ScooterModel | undefined,
): Finding[] {
  const misfit = model && fault?.check?.(step.values, model);
  if (!misfit) return [];
  const { key, expected } = misfit;
  return [wrongValue([...path, key], expected, key === 'fault' ? step.fault : step.values[key])];
}

/** Checks that a step starts and ends before the end of the scenario, and ends before it repeats. */
function checkTimes(
  { atMs, forMs, everyMs, trigger }: Partial<Step>,
  valid: Table,
  path: Path,
  durationMs: number | undefined,
): Finding[] {
  if (forMs !== undefined && everyMs !== undefined && everyMs <= forMs) {
    return [
      wrongValue(
        [...path, 'every'],
        `more than ${formatDuration(forMs)}, the duration of the fault`,
        valid['every'],
      ),
    ];
  }
  if (durationMs === undefined || atMs === undefined) return [];
  if (atMs >= durationMs) return [wrongValue([...path, 'at'], expectedBefore(durationMs), valid['at'])];
  const beginMs = atMs + (trigger?.waitMs ?? 0);
  if (beginMs > durationMs)
    return [
      wrongValue(
        [...path, 'wait'],
        `at most ${formatDuration(durationMs - atMs)}, the rest of the scenario`,
        valid['wait'],
      ),
    ];
  if (forMs === undefined || beginMs + forMs <= durationMs) return [];
  const expected = `at most ${formatDuration(durationMs - beginMs)}, the rest of the scenario`;
  return [wrongValue([...path, 'for'], expected, valid['for'])];
}

/** Checks that a fault that waits for a moment does not repeat, and that another one waits for nothing. */
function checkTrigger({ trigger }: Partial<Step>, valid: Table, path: Path): Finding[] {
  if (trigger)
    return valid['every'] === undefined
      ? []
      : [wrongValue([...path, 'every'], 'no such key, because on waits for one moment', valid['every'])];
  // A key that is absent is not among the given ones.
  return ['nth', 'wait'].flatMap((key) =>
    valid[key] === undefined || valid[key] === STEP.nth.default
      ? []
      : [wrongValue([...path, key], 'no such key without on', valid[key])],
  );
}

/** Describes the valid range of a time. */
export function expectedBefore(durationMs: number): string {
  return `a time before the end of the scenario at ${formatDuration(durationMs)}`;
}
