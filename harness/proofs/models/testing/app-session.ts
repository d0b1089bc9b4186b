import type { Central, Link } from '../../../../client/ble/central.ts';
import { openCentral } from '../../../../client/ble/noble-central.ts';
import { loadConfig } from '../../../../client/config/load.ts';
import { CurrentToken } from '../../../../client/current-token.ts';
import { createLogger } from '../../../../client/log.ts';
import { authenticate } from '../../../../client/scooter/authenticate.ts';
import type { FrameCodec } from '../../../../client/scooter/frame-codec.ts';
import { linkParameters, stepTimeoutMs } from '../../../../client/scooter/link-parameters.ts';
import { advertisedModel } from '../../../../client/scooter/protocol-generation.ts';
import { readBlock } from '../../../../client/scooter/read-block.ts';
import { findScooter } from '../../../../client/scooter/search.ts';
import { Session } from '../../../../client/scooter/session.ts';
import { chunk, NORDIC_UART } from '../../../../protocol/gatt.ts';
import { type Device, readRequest, writeRequest } from '../../../../protocol/message.ts';
import type { Block } from '../../../../protocol/registers/table.ts';
import type { TestRide } from '../../rides/testing/test-ride.ts';

const SEARCH_MS = 10_000;
/** Time in which a write without a reply reaches the scooter, and a reply would have reached the app. */
const SETTLE_MS = 500;

/** Connection over noble that reads and writes registers, as an app does; the client itself never writes them. */
export class AppSession {
  readonly link: Link;
  readonly advertisedName: string | undefined;
  readonly hasLoggedIn: boolean;
  readonly #ride: TestRide;
  readonly #central: Central;
  readonly #codec: FrameCodec;
  readonly #session: Session;

  private constructor(
    ride: TestRide,
    parts: Pick<AppSession, 'link' | 'advertisedName' | 'hasLoggedIn'> & {
      readonly central: Central;
      readonly codec: FrameCodec;
      readonly session: Session;
    },
  ) {
    this.#ride = ride;
    this.link = parts.link;
    this.advertisedName = parts.advertisedName;
    this.hasLoggedIn = parts.hasLoggedIn;
    this.#central = parts.central;
    this.#codec = parts.codec;
    this.#session = parts.session;
  }

  /** Finds the scooter, connects, and logs in if it is of a generation with a login. */
  static async open(ride: TestRide): Promise<AppSession> {
    return await ride.clock.until(AppSession.#open(ride));
  }

  static async #open(ride: TestRide): Promise<AppSession> {
    const config = loadConfig(ride.configPath).scooter;
    const { platform } = ride.world;
    const { signal } = new AbortController();
    const log = createLogger({ level: 'silent', format: 'text', sink: { write: () => true } });
    const stepMs = stepTimeoutMs(config);
    const central = await openCentral(platform.adapter(config.adapter, config.hciChannel), signal);
    const device = await findScooter(central, config.mac, { windowMs: SEARCH_MS, signal });
    const link = await central.connect(config.mac, {
      parameters: linkParameters(config),
      timeoutMs: config.connectTimeoutMs,
      stepTimeoutMs: stepMs,
      signal,
    });
    const token = new CurrentToken(config.tokenFilePath, log);
    let hasLoggedIn = false;
    const codec = await authenticate(link, {
      advertised: advertisedModel(device),
      token,
      requiresLogin: token.isPresent,
      randomBytes: platform.random.bytes,
      stepTimeoutMs: stepMs,
      requestTimeoutMs: config.requestTimeoutMs,
      log,
      onLogin: () => (hasLoggedIn = true),
      signal,
    });
    const timeouts = { requestTimeoutMs: config.requestTimeoutMs, totalTimeoutMs: stepMs };
    const session = await Session.open(link, codec, { ...timeouts, signal });
    return new AppSession(ride, { central, link, codec, session, hasLoggedIn, advertisedName: device.name });
  }

  async readBlock(block: Block): Promise<Buffer> {
    return await this.#ride.clock.until(readBlock(this.#session, block));
  }

  async read(device: Device, register: number, byteCount: number): Promise<Buffer> {
    return await this.#ride.clock.until(this.#session.request(readRequest(device, register, byteCount)));
  }

  /** Writes a register; resolves to the data of the reply. */
  async write(device: Device, register: number, data: Buffer): Promise<Buffer> {
    return await this.#ride.clock.until(this.#session.request(writeRequest(device, register, data)));
  }

  /** Writes a register without a reply. */
  async writeSilently(device: Device, register: number, data: Buffer): Promise<void> {
    const frame = this.#codec.encode(writeRequest(device, register, data, 'writeNoReply'));
    for (const piece of chunk(frame)) this.link.write(NORDIC_UART.write, piece);
    await this.#ride.clock.advance(SETTLE_MS);
  }

  async close(): Promise<void> {
    this.#session.close();
    await this.#ride.clock.until(this.#central.close());
  }
}
