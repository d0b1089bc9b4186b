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
  const controller = new FakeController();
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
        adapter: controller.adapter,
        firmware,
        advertised: { name: 'MIScooter5219', modelType: 0x28, generation: 'miauth' },
        firmwareVersion: '1.3.2',
      },
      options,
    );
  return { controller, events, firmware, start };
}

async function startPeripheral() {
  const { controller, events, firmware, start } = prepare();
  const started = start();
  controller.deliverAll();
  const peripheral = await started;
  running.push(peripheral);
  return { controller, events, firmware, peripheral, client: new GattClient(controller) };
}

describe('the scooter peripheral', () => {
  it('advertises like a Pro 2, with its UART service in the scan response', async () => {
    const { controller } = await startPeripheral();
    expect(controller.isAdvertising).toBe(true);
    expect(controller.advertisement.toString('hex')).toBe(
      `0201060e09${Buffer.from('MIScooter5219').toString('hex')}09ff4e4228020000` + '00d5',
    );
    expect(controller.scanResponse.toString('hex')).toBe('11079ecadc240ee5a9e093f3a3b50100406e');
  });

  it('has the characteristics that an app needs, and limits payloads to 20 bytes', async () => {
    const { client } = await startPeripheral();
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

  it('notifies only on characteristics that the app has subscribed to', async () => {
    const { client } = await startPeripheral();
    client.connect();
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.takeNotification(XIAOMI.avdtp)).toBeUndefined();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('000000000200'));
    client.unsubscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
    expect(client.takeNotification(XIAOMI.avdtp)).toBeUndefined();
  });

  it('also accepts register frames with response', async () => {
    const { client } = await startPeripheral();
    client.connect();
    expect(client.write(NORDIC_UART.write, hex('55ab'))).toBe(0x13);
  });

  it('does not advertise while connected and for one second afterwards', async () => {
    const { controller, client } = await startPeripheral();
    client.connect();
    expect(controller.isAdvertising).toBe(false);
    client.disconnect();
    vi.advanceTimersByTime(999);
    expect(controller.isAdvertising).toBe(false);
    vi.advanceTimersByTime(1);
    expect(controller.isAdvertising).toBe(true);
  });

  it('sends nothing of an earlier connection, and answers on the next one', async () => {
    const { client, peripheral, events } = await startPeripheral();
    for (let connection = 0; connection < 3; connection++) {
      client.connect();
      client.subscribe(XIAOMI.avdtp);
      client.command(XIAOMI.upnp, encodeUpnp('deviceInfo'));
      expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('000000000200'));
      client.disconnect();
      peripheral.notify('avdtp', hex('00000104'));
      vi.advanceTimersByTime(1000);
    }
    const links = events.map(({ type }) => type);
    expect(links).toEqual(Array.from({ length: 3 }, () => ['connected', 'disconnected']).flat());
  });

  it('requests a lost chunk after 400 ms, with a single timer', async () => {
    const { client, firmware } = await startPeripheral();
    const onDeadline = vi.spyOn(firmware, 'onDeadline');
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    client.command(XIAOMI.avdtp, hex('0000000b0100'));
    expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('00000101'));
    vi.advanceTimersByTime(400);
    expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('000001050100'));
    expect(onDeadline).toHaveBeenCalledTimes(1);
  });

  it('forwards the power button to the firmware, and schedules its deadlines', async () => {
    const { client, events, peripheral } = await startPeripheral();
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('registerStart'));
    client.command(XIAOMI.avdtp, hex('000000030400'));
    expect(client.takeNotification(XIAOMI.avdtp)).toBeUndefined();
    peripheral.pressButton();
    expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('00000101'));
    expect(events.at(-1)?.type).toBe('registrationOpened');
    vi.advanceTimersByTime(400);
    expect(client.takeNotification(XIAOMI.avdtp)).toEqual(hex('0000010501000200' + '03000400'));
  });

  it('retries if the adapter cannot advertise after a disconnect', async () => {
    const { controller, client } = await startPeripheral();
    client.connect();
    controller.advertisingStatus = 0x0c;
    client.disconnect();
    vi.advanceTimersByTime(1000);
    controller.deliverAll();
    expect(controller.isAdvertising).toBe(false);
    controller.advertisingStatus = 0;
    vi.advanceTimersByTime(1000);
    expect(controller.isAdvertising).toBe(true);
  });

  it('disconnects its app when the adapter loses power, and advertises when it is back', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', '');
    const { controller, client, events, peripheral } = await startPeripheral();
    client.connect();
    client.subscribe(XIAOMI.avdtp);
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    controller.isUp = false;
    vi.advanceTimersByTime(1000);
    expect(events.at(-1)?.type).toBe('disconnected');
    peripheral.notify('avdtp', hex('00000104'));
    expect(client.takeNotification(XIAOMI.avdtp)).toBeUndefined();
    controller.isUp = true;
    vi.advanceTimersByTime(1000);
    controller.deliverAll();
    expect(controller.isAdvertising).toBe(true);
  });

  it('leaves no timer or listener behind if it is closed during a handshake', async () => {
    const before = process.listenerCount('SIGINT') + process.listenerCount('exit');
    const { client, events, peripheral } = await startPeripheral();
    client.connect();
    client.command(XIAOMI.upnp, encodeUpnp('loginStart'));
    expect(vi.getTimerCount()).toBe(1);
    peripheral.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount('SIGINT') + process.listenerCount('exit')).toBe(before);
    expect(events.at(-1)?.type).toBe('disconnected');
  });
});

describe('an adapter', () => {
  it('that never powers on causes an error after ten seconds', async () => {
    const { controller, start } = prepare();
    controller.isResponding = false;
    const failure = expect(start()).rejects.toThrow(/is not advertising after 10 s \(state: unknown\)/);
    vi.advanceTimersByTime(10_000);
    await failure;
    expect(vi.getTimerCount()).toBe(0);
    expect(controller.host).toBeUndefined();
  });

  it('that is powered off in raw mode causes an error that names it, and says how to power it on', async () => {
    vi.stubEnv('HCI_CHANNEL_USER', '');
    const { controller, start } = prepare();
    controller.isUp = false;
    const failure = expect(start()).rejects.toThrow(
      /^The Bluetooth adapter hci0 is down: .*hciconfig hci0 up/,
    );
    vi.advanceTimersByTime(10_000);
    await failure;
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that cannot advertise causes an error', async () => {
    const { controller, start } = prepare();
    controller.advertisingStatus = 0x0c;
    const failure = expect(start()).rejects.toThrow(AdapterError);
    controller.deliverAll();
    await failure;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that is not ready when the caller aborts causes the error of the caller', async () => {
    const { controller, start } = prepare();
    controller.isResponding = false;
    const caller = new AbortController();
    const failure = expect(start({ signal: caller.signal })).rejects.toThrow('enough');
    caller.abort(new Error('enough'));
    await failure;
    expect(vi.getTimerCount()).toBe(0);
    await expect(start({ signal: caller.signal })).rejects.toThrow('enough');
  });
});
