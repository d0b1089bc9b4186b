import { hasFix, isFromSatellites, type Report, type Tpv } from './report.ts';

const MAX_MESSAGE_LENGTH = 100;

/** Finds out why the reports of gpsd yield no position. */
export class GpsdDiagnosis {
  #isGpsd = false;
  #error: string | undefined;
  /** Receivers of gpsd; undefined before it has listed them. */
  #devices: readonly string[] | undefined;
  #latest: Tpv | undefined;
  #inView = 0;
  #used = 0;

  add(report: Report): void {
    this.#isGpsd = true;
    if (report.class === 'TPV') {
      this.#latest = report;
    } else if (report.class === 'SKY') {
      const { satellites = [], nSat = satellites.length } = report;
      this.#inView = nSat;
      this.#used = report.uSat ?? satellites.filter(({ used }) => used).length;
    } else if (report.class === 'DEVICES') {
      this.#devices = report.devices.map(({ path }) => path ?? 'without a name');
    } else if (report.class === 'ERROR') {
      this.#error = report.message?.slice(0, MAX_MESSAGE_LENGTH) ?? 'no message';
    }
  }

  /** Describes what failed, and starts again. */
  conclude(): string {
    const conclusion = this.#failedCondition();
    this.#latest = undefined;
    this.#error = undefined;
    return conclusion;
  }

  #failedCondition(): string {
    if (!this.#isGpsd) return 'what responds is not gpsd: check host and port in serial_port';
    if (this.#latest) return this.#failedReport(this.#latest);
    if (this.#error !== undefined) return `gpsd reports an error: ${this.#error}`;
    return this.#devices?.length === 0
      ? 'gpsd has no receiver: plug it in, or add it to DEVICES in /etc/default/gpsd'
      : `gpsd receives nothing from its receiver ${this.#devices?.join(', ') ?? ''}: is it switched on?`;
  }

  #failedReport(report: Tpv): string {
    if (!hasFix(report)) {
      return (
        `the receiver of gpsd has no fix: ${this.#inView} satellites in view, ${this.#used} used: check its antenna and ` +
        'its view of the sky; the first fix takes some minutes'
      );
    }
    return isFromSatellites(report)
      ? 'gpsd reports a fix without a latitude and longitude'
      : 'the position of gpsd is estimated, entered by hand or simulated, not from satellites';
  }
}
