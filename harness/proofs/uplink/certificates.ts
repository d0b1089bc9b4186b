import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
const DAYS = '2';
/** The address of all brokers in these tests. */
const HOST = '127.0.0.1';

/** A certificate and its key, as paths and as contents. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Whether openssl is installed. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}

/** A certificate authority, with all its files in one folder. */
export class Authority {
  readonly certificate: Certificate;
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.certificate = this.#make(name, (certPath, keyPath) => {
      openssl(
        'req',
        '-x509',
        ...NEW_KEY,
        '-keyout',
        keyPath,
        '-out',
        certPath,
        '-days',
        DAYS,
        ...subject(name),
      );
    });
  }

  /** Issues a certificate for a server at 127.0.0.1, or for a client. */
  issue(name: string): Certificate {
    return this.#make(name, (certPath, keyPath) => {
      const [request, extensions] = [this.#path(`${name}.csr`), this.#path(`${name}.ext`)];
      writeFileSync(extensions, `subjectAltName=IP:${HOST}\n`);
      openssl('req', '-new', ...NEW_KEY, '-keyout', keyPath, '-out', request, ...subject(name));
      const { certPath: ca, keyPath: caKey } = this.certificate;
      const signing = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', DAYS, '-extfile', extensions];
      openssl('x509', '-req', '-in', request, '-out', certPath, ...signing);
    });
  }

  #make(name: string, make: (certPath: string, keyPath: string) => void): Certificate {
    const [certPath, keyPath] = [this.#path(`${name}.pem`), this.#path(`${name}.key`)];
    make(certPath, keyPath);
    return { certPath, keyPath, cert: readFileSync(certPath), key: readFileSync(keyPath) };
  }

  #path(file: string): string {
    return join(this.#folder, `${this.#name}-${file}`);
  }
}

function subject(name: string): string[] {
  return ['-subj', `/CN=${name}`];
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
