import { describe, expect, it } from 'vitest';
import { ClientError } from '../errors.ts';
import {
  closedBeforeConnack,
  connectError,
  CredentialsRefused,
  noAnswer,
  publishError,
} from './broker-errors.ts';
import { describeReason } from './reasons.ts';

/** An error as Node.js or OpenSSL reports it. */
const systemError = (code: string): Error => Object.assign(new Error(`an error: ${code}`), { code });
const refusal = (code: number): Error => Object.assign(new Error('Connection refused: undefined'), { code });

describe('the message about a failed connection', () => {
  it.each([
    ['ECONNREFUSED', false, 'start the broker'],
    ['ENOTFOUND', false, 'check the host name'],
    ['EAI_AGAIN', false, 'check the host name'],
    ['EHOSTUNREACH', false, 'check the network'],
    ['ENETUNREACH', true, 'check the network'],
    ['ETIMEDOUT', false, 'check the network'],
    ['ENETDOWN', false, 'check the network'],
    ['EACCES', false, 'check the network'],
    ['ECONNRESET', false, 'ssl:// address'],
    ['ECONNRESET', true, 'tcp:// address'],
    ['EPIPE', false, 'ssl:// address'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'set ca_file'],
    ['SELF_SIGNED_CERT_IN_CHAIN', true, 'set ca_file'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true, 'set ca_file'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true, 'set ca_file'],
    ['CERT_HAS_EXPIRED', true, 'renew the certificate of the broker'],
    ['CERT_NOT_YET_VALID', true, 'check the clock'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true, 'use the host name from the certificate'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true, 'set cert_file and key_file'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', true, 'set cert_file and key_file'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true, 'check cert_file and key_file'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', true, 'tcp:// address'],
    ['ERR_SSL_PACKET_LENGTH_TOO_LONG', true, 'tcp:// address'],
  ])('because of %s (encrypted: %s) says: %s', (code, isEncrypted, hint) => {
    expect(connectError(systemError(code), isEncrypted).message).toContain(hint);
  });

  it('because of TLS makes the client retry late, and because of the network soon', () => {
    expect(connectError(systemError('CERT_HAS_EXPIRED'), true)).toBeInstanceOf(CredentialsRefused);
    expect(connectError(systemError('ECONNREFUSED'), true)).not.toBeInstanceOf(CredentialsRefused);
  });

  it('that was closed before CONNACK mentions TLS', () => {
    expect(closedBeforeConnack(false).message).toContain('ssl:// address');
    expect(closedBeforeConnack(true).message).toContain('tcp:// address');
  });

  it('that nothing has answered mentions firewalls and TLS', () => {
    const timeout = new ClientError('timeout', 'Connecting took longer than 10 s');
    expect(noAnswer(timeout, false).message).toMatch(/10 s \(check firewalls.* ssl:\/\/ address/);
    expect(noAnswer(timeout, true).message).toMatch(/10 s \(check firewalls.* tcp:\/\/ address/);
  });

  it.each([
    [0x04, 'bad user name or password (check username and password'],
    [0x05, 'not authorized (check username and password'],
    [0x86, 'bad user name or password (check username and password'],
    [0x87, 'not authorized (check username and password'],
    [0x02, 'client identifier not valid (set client'],
    [0x9f, 'connection rate exceeded (set a longer reconnect_min'],
    [0x01, 'unsupported protocol version (update the broker'],
    [0x84, 'unsupported protocol version (update the broker'],
    [0x03, 'server unavailable (see the log of the broker'],
    [0x88, 'server unavailable (see the log of the broker'],
    [0x89, 'server busy (reduce the load'],
    [0x8b, 'server shutting down (start the broker'],
    [0x91, 'packet identifier in use (report this'],
    [0x93, 'receive maximum exceeded (report this'],
    [0x94, 'topic alias invalid (report this'],
    [0x99, 'payload format invalid (permit'],
    [0x9a, 'retain not supported (permit retained messages'],
    [0x9b, 'QoS not supported (permit QoS 1'],
    [0xa0, 'maximum connect time (raise'],
    [0x06, 'reason code 0x06 (see the log of the broker)'],
    [0xff, 'reason code 0xff (see the log of the broker)'],
  ])('that was refused with code %d says: %s', (code, text) => {
    expect(connectError(refusal(code), false).message).toContain(`Connection refused: ${text}`);
  });

  it('never is "undefined", and always says what to do, whatever the code', () => {
    for (let code = 1; code <= 0xff; code += 1) {
      const messages = [
        connectError(refusal(code), false).message,
        publishError('a/b', refusal(code))?.message,
        describeReason(code),
      ];
      for (const message of messages) {
        expect(message).not.toContain('undefined');
        expect(message).toMatch(/[^(] \([a-z][^)]{10,}\)$/);
      }
    }
    expect(connectError(new Error(''), false).message).toMatch(/^The connection failed \(check the network/);
  });
});
