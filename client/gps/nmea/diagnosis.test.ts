import { describe, expect, it } from 'vitest';
import { NmeaReader } from './nmea-reader.ts';

function sentence(body: string): string {
  const sum = Buffer.from(body, 'latin1').reduce((xor, byte) => xor ^ byte, 0);
  return `$${body}*${sum.toString(16).padStart(2, '0')}\r\n`;
}

function explained(text: string): string | undefined {
  const reader = new NmeaReader();
  reader.push(Buffer.from(text, 'latin1'));
  return reader.explain();
}

const VOID = sentence('GNRMC,162016.00,V,,,,,,,150724,,,N');
const RMC = 'GNRMC,162016.00,A,4319.736021,N,00824.498574,W,11.2,84.4,150724,,,A';
const IN_VIEW =
  sentence('GPGSV,3,1,11,02,45,120,38,05,12,310,22') + sentence('GLGSV,1,1,04,65,45,120,,66,12,310,');

describe('the explanation of a missing position', () => {
  it.each([
    ['noise', '~~\xb5b\r\n\r\nlogin: \r\n', undefined],
    [
      'sentences without a checksum',
      '$GPRMC,162016.00,A,4319.7,N\r\n',
      'the sentences have no checksum: enable it',
    ],
    [
      'wrong checksums',
      sentence(RMC).replace(/\*../, '*00'),
      'every sentence has a wrong checksum: check baudrate',
    ],
    [
      'no sentence with a position',
      IN_VIEW + sentence('PUBX,04,162016.00') + sentence('GPTXT,01,01,02,ANTSTATUS=OPEN'),
      'the receiver sends no position, only GSV, TXT, UBX: enable RMC or GGA',
    ],
    ['no satellites', VOID, 'the receiver has no fix: check its antenna and its view of the sky'],
    [
      'satellites that are not enough',
      VOID + IN_VIEW + sentence('GNGGA,162016.00,,,,,0,03,,,,,,,'),
      'the receiver has no fix: 15 satellites in view, 3 used: check its antenna',
    ],
    [
      'a simulator',
      sentence(RMC.replace(/A$/, 'S')) + VOID,
      'the position of the receiver is estimated, entered by hand or simulated, not from satellites',
    ],
    [
      'one sentence that says what another does not',
      sentence(RMC) + sentence('GNGGA,162016.00,4319.7,N,00824.4,W,6,00,,,,,,,'),
      'one sentence says that the position is valid, another that it is estimated',
    ],
    [
      'a status without a position',
      sentence('GNRMC,162016.00,A,,,,,,,150724,,,A'),
      'the receiver reports a valid status without a latitude and longitude',
    ],
  ])('after %s', (_, text, expected) => {
    const explanation = explained(text);
    if (expected === undefined) expect(explanation).toBeUndefined();
    else expect(explanation).toContain(expected);
  });

  it('is about the time since the one before', () => {
    const reader = new NmeaReader();
    reader.push(Buffer.from(VOID + IN_VIEW));
    reader.explain();
    expect(reader.explain()).toBeUndefined();
    reader.push(Buffer.from(VOID));
    expect(reader.explain()).not.toContain('in view');
  });
});
