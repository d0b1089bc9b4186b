import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from '../hci/adapter.ts';
import { NORDIC_UART, XIAOMI, normalizeUuid } from '../protocol/gatt.ts';
import { encodeUpnp } from '../protocol/upnp.ts';
import { Firmware, type FirmwareEvent } from './firmware/firmware.ts';
import { RegisterBank } from './firmware/register-bank.ts';
import { ScooterPeripheral, type StartOptions } from './peripheral.ts';
import { scriptedRandom } from './testing/bench.ts';
import { FakeController, GattClient } from './testing/fake-controller.ts';

const PROPERTY = { read: 0x02, writeWithoutResponse: 0x04, write: 0x08, notify: 0x10 } as const;
const did = Buffer.from('\0blt.4.18n58266kgg00');
const token = Buffer.alloc(12, 1);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const running: ScooterPeripheral[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  for (const peripheral of running.splice(0)) peripheral.close();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

function prepare() {
  const chip = new FakeController();
  const events: FirmwareEvent[] = [];
  const registers = new RegisterBank({ initial: {}, live: () => ({}) });
  const firmware = new Firmware(
    { did, token, registers, random: scriptedRandom() },
    {
      notify: (channel, bytes) => running[0]?.notify(channel, bytes),
      event: (event) => void events.push(event),
    },
  );
  const start = (options?: StartOptions) =>
    ScooterPeripheral.start(
      {
        adapter: chip.adapter,
        firmware,
        advertised: { name: 'MIScooter5219', modelType: 0x28, generation: 'miauth' },
        firmwareVersion: '1.3.2',
      },
      options,
    );
  return { chip, events, firmware, start };
}

async function onAir() {
  const { chip, events, firmware, start } = prepare();
  const started = start();
  chip.deliverAll();
  const peripheral = await started;
  running.push(peripheral);
  return { chip, events, firmware, peripheral, client: new GattClient(chip) };
}

describe('the scooter on the air', () => {
  it('advertises as a Pro 2 does, its UART service in the scan response', async () => {
    const { chip } = await onAir();
    expect(chip.isAdvertising).toBe(true);
    expect(chip.advertisement.toString('hex')).toBe(
      `0201060e09${Buffer.from('MIScooter5219').toString('hex')}09ff4e4228020000` + '00d5',
    );
    expect(chip.scanResponse.toString('hex')).toBe('11079ecadc240ee5a9e093f3a3b50100406e');
  });

  it('has the characteristics that an app looks for, and keeps to 20-byte payloads', async () => {
    const { client } = await onAir();
    client.connect();
    const propertiesOf = (uuid: string) => client.characteristics.get(normalizeUuid(uuid))?.properties;
    expect(propertiesOf(NORDIC_UART.write)).toBe(PROPERTY.write | PROPERTY.writeWithoutResponse);
    expect(propertiesOf(NORDIC_UART.notify)).toBe(PROPERTY.notify);
    expect(propertiesOf(XIAOMI.firmwareVersion)).toBe(PROPERTY.read);
    expect(propertiesOf(XIAOMI.upnp)).toBe(PROPERTY.writeWithoutResponse | PROPERTY.notify);
    expect(propertiesOf(XIAOMI.avdtp)).toBe(PROPERTY.writeWithoutResponse | PROPERTY.notify);
    expect(client.exchangeMtu()).toBe(23);
    expect(client.read(XIAOMI.firmwareVersion).toString()).toBe('1.3.2'.padEnd(20, '\0'));
  });

  it('answers on the characteristics that the app has subscribed to, and only there', async () => {
    const { client } = await onAir();
    client.connect();
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.take(XIAOMI.avdtp)).toBeUndefined();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.take(XIAOMI.avdtp)).toEqual(hex('000000000200'));
    client.unsubscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.take(XIAOMI.avdtp)).toBeUndefined();
  });

  it('takes register frames with response too', async () => {
    const { client } = await onAir();
    client.connect();
    expect(client.write(NORDIC_UART.write, hex('55ab'))).toBe(0x13);
  });

  it('cannot be seen while connected, nor for a second after', async () => {
    const { chip, client } = await onAir();
    client.connect();
    expect(chip.isAdvertising).toBe(false);
    client.disconnect();
    vi.advanceTimersByTime(999);
    expect(chip.isAdvertising).toBe(false);
    vi.advanceTimersByTime(1);
    expect(chip.isAdvertising).toBe(true);
  });

  it('sends nothing of an earlier connection, and answers on the next', async () => {
    const { client, peripheral, events } = await onAir();
    for (let connection = 0; connection < 3; connection++) {
      client.connect();
      client.subscribe(XIAOMI.avdtp);
      client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
      expect(client.take(XIAOMI.avdtp)).toEqual(hex('000000000200'));
      client.disconnect();
      peripheral.notify('avdtp', hex('00000104'));
      vi.advanceTimersByTime(1000);
    }
    const links = events.map(({ type }) => type);
    expect(links).toEqual(Array.from({ length: 3 }, () => ['connected', 'disconnected']).flat());
  });

  it('asks for a lost chunk after 400 ms, and sleeps until then', async () => {
    const { client, firmware } = await onAir();
    const onDeadline = vi.spyOn(firmware, 'onDeadline');
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    client.command(XIAOMI.avdtp, hex('0000000b0100'));
    expect(client.take(XIAOMI.avdtp)).toEqual(hex('00000101'));
    vi.advanceTimersByTime(400);
    expect(client.take(XIAOMI.avdtp)).toEqual(hex('000001050100'));
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('hands the power button on, and keeps the deadlines that follow from it', async () => {
    const { client, events, peripheral } = await onAir();
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('registerStart'));
    client.command(XIAOMI.avdtp, hex('000000030400'));
    expect(client.take(XIAOMI.avdtp)).toBeUndefined();
    peripheral.pressButton();
    expect(client.take(XIAOMI.avdtp)).toEqual(hex('00000101'));
    expect(events.at(-1)?.type).toBe('registrationOpened');
    vi.advanceTimersByTime(400);
    expect(client.take(XIAOMI.avdtp)).toEqual(hex('0000010501000200' + '03000400'));
  });

  it('tries again when the adapter refuses to advertise after a disconnect', async () => {
    const { chip, client } = await onAir();
    client.connect();
    chip.advertisingStatus = 0x0c;
    client.disconnect();
    vi.advanceTimersByTime(1000);
    chip.deliverAll();
    expect(chip.isAdvertising).toBe(false);
    chip.advertisingStatus = 0;
    vi.advanceTimersByTime(1000);
    expect(chip.isAdvertising).toBe(true);
  });

  it('drops its app when the adapter loses its power, and can be found when that is back', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', '');
    const { chip, client, events, peripheral } = await onAir();
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    chip.isUp = false;
    vi.advanceTimersByTime(1000);
    expect(events.at(-1)?.type).toBe('disconnected');
    peripheral.notify('avdtp', hex('00000104'));
    expect(client.take(XIAOMI.avdtp)).toBeUndefined();
    chip.isUp = true;
    vi.advanceTimersByTime(1000);
    chip.deliverAll();
    expect(chip.isAdvertising).toBe(true);
  });

  it('leaves no timer and no listener behind when it is closed in mid-handshake', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('exit');
    const { client, events, peripheral } = await onAir();
    client.connect();
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    expect(vi.getTimerCount()).toBe(1);
    peripheral.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount('SIGINT') + process.listenerCount('exit')).toBe(before);
    expect(events.at(-1)?.type).toBe('disconnected');
  });
});

describe('an adapter that cannot be used', () => {
  it('because it never powers on is an error after ten seconds', async () => {
    const { chip, start } = prepare();
    chip.isResponding = false;
    const failure = expect(start()).rejects.toThrow(/does not advertise after 10 s \(its state is unknown\)/);
    vi.advanceTimersByTime(10_000);
    await failure;
    expect(vi.getTimerCount()).toBe(0);
    expect(chip.host).toBeUndefined();
  });

  it('because it refuses to advertise is an error that says so', async () => {
    const { chip, start } = prepare();
    chip.advertisingStatus = 0x0c;
    const failure = expect(start()).rejects.toThrow(AdapterError);
    chip.deliverAll();
    await failure;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('before the caller gives up fails with the reason of the caller', async () => {
    const { chip, start } = prepare();
    chip.isResponding = false;
    const caller = new AbortController();
    const failure = expect(start({ signal: caller.signal })).rejects.toThrow('enough');
    caller.abort(new Error('enough'));
    await failure;
    expect(vi.getTimerCount()).toBe(0);
    await expect(start({ signal: caller.signal })).rejects.toThrow('enough');
  });
});
