import { describe, expect, it } from 'vitest';
import { filesOf, textOf } from './testing/texts.ts';

/**
 * Identifiers that the project has replaced, and by what. Words that have a plain use as well (`contents`, `edges`,
 * `meets`, `said`) are not among them.
 */
const REPLACED_IDENTIFIERS: Readonly<Record<string, string>> = {
  Stock: 'OutboxState',
  Contents: 'SampleIndex',
  Intake: 'ingest',
  MemoryShelf: 'MemoryQueue',
  'Departures?': 'Eviction',
  departures: 'evictions',
  roomFor: 'planEvictions',
  turnedAway: 'rejected',
  letGo: 'release',
  takeUp: 'attachStore',
  'StoreRoom|diskRoom': 'StoreProvider',
  'ROOMS|roomRules': 'LAYERS',
  'Rescues?|RESCUES|rescues?': 'recovery',
  'Survey|survey': 'scan',
  isPassing: 'isTransient',
  Keeper: 'ScooterSupervisor',
  disregard: 'excludePause',
  persevere: 'withRetries',
  needless: 'notRequired',
  'consented|onConsent': 'button press',
  'heed|heeded': 'expectedResults',
  sitOut: 'waitForResume',
  betweenPauses: 'pausable',
  News: 'ConnectionLog',
  'Suspicion|suspicion|isSpent': 'PoisonDetector',
  'Edges|systemEdges': 'Platform',
  tellLost: 'reportLost',
  strangers: 'unknownKeys',
  isGiven: 'isSet',
  whereabouts: 'locate',
  Notices: 'retained topics',
  'LEAST_\\w+': 'MIN_…',
  UNDER_WAY_MS: 'IN_FLIGHT_MS',
  Felt: 'ExcusedUntil',
  forGood: 'forever',
  untilLinkedAnew: 'untilRelinked',
  'Told|tellingOf|UNTOLD': 'format…',
  Medium: 'what stores or carries it',
  HeardPort: 'what the port does',
  Instant: 'what happens',
  'Judgement|judgements?|Verdict|verdicts?|WaitJudge': 'result',
  Unmet: 'FailedExpectation',
  'Life|LifeLog|livesThrough': 'process',
  'hungUp|hangUps?': 'disconnected',
};

/** Phrases that messages, comments and documents no longer use, in lower case. */
const REPLACED_PHRASES: readonly string[] = [
  'nobody there: is the scooter on',
  'the client has died of opening the outbox',
  'samples are kept in memory until the disk works',
  'press the button once, shortly',
  'does not let itself be paired anew',
  'the scooter is left alone',
  'say everything that is wrong with the configuration file',
  'nothing but noise',
  'gps receiver speaks',
  'the client goes on without this topic',
  'key_file beside it',
  'takes the client for dead',
  'is in use: end what uses it',
  'nobody listens at',
  'says what nobody has said',
  'were given up, allegedly for',
  'nothing came of it in',
  'the rooms',
  'paired anew',
  'as long as it lasts',
];

const CODE = filesOf(['.ts']);
const THIS_FILE = 'harness/proofs/repository/wording.test.ts';

/** What of `patterns` a text contains, as lines that name the file. */
function matches(file: string, patterns: Readonly<Record<string, string>>): string[] {
  return Object.entries(patterns).flatMap(([pattern, instead]) => {
    const [found] = new RegExp(`(?<![\\w-])(${pattern})(?![\\w-])`).exec(textOf(file)) ?? [];
    return found === undefined ? [] : [`${file}: ${found} (now ${instead})`];
  });
}

describe('the wording of the project', () => {
  it('uses the terms of the field for identifiers', () => {
    const files = CODE.filter((file) => file !== THIS_FILE);
    expect(files.flatMap((file) => matches(file, REPLACED_IDENTIFIERS)).join('\n')).toBe('');
  });

  it('uses plain sentences in messages, comments and documents', () => {
    const texts = [...CODE, ...filesOf(['.md', '.toml', '.js'])].filter((file) => file !== THIS_FILE);
    const found = texts.flatMap((file) => {
      // A sentence may run over several lines of a comment or of a concatenated string.
      const text = textOf(file)
        .toLowerCase()
        .replaceAll(/['"`]\s*\+\s*['"`]|\s+(\/\/|\*)?\s*/g, ' ');
      return REPLACED_PHRASES.filter((phrase) => text.includes(phrase)).map((phrase) => `${file}: ${phrase}`);
    });
    expect(found.join('\n')).toBe('');
  });
});
