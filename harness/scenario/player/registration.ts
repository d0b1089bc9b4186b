import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';
import { Rider } from '../../world/scooter/rider.ts';
import type { ClientProcess } from '../../world/systemd/client-process.ts';
import type { Service } from '../../world/systemd/service.ts';

/** What a registration needs of the world. */
interface RegistrationOptions {
  readonly service: Pick<Service, 'stop'>;
  readonly scooter: VirtualScooter;
  /** Number of the first beep at which the power button is pressed. */
  readonly fromBeep: number;
  /** Starts `martinete register`. */
  readonly startCommand: () => Pick<ClientProcess, 'kill'>;
}

/** The owner at the terminal of the Pi, who pairs the client with the scooter. */
export class Registration {
  #rider: Rider | undefined;

  /** Has to be called with every event of the scooter, for the beep at which the power button is pressed. */
  onScooterEvent(event: FirmwareEvent): void {
    this.#rider?.onScooterEvent(event);
  }

  /** Runs the command once the service has stopped. @returns ends the command */
  begin({ service, scooter, fromBeep, startCommand }: RegistrationOptions): () => void {
    const rider = new Rider(undefined, fromBeep);
    rider.setScooter(scooter);
    this.#rider = rider;
    const command: { isOver: boolean; process?: Pick<ClientProcess, 'kill'> } = { isOver: false };
    void service.stop().then(() => {
      if (!command.isOver) command.process = startCommand();
    });
    return () => {
      command.isOver = true;
      rider.close();
      command.process?.kill('killed');
    };
  }
}
