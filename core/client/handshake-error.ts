/** Why a server could not be reached, as an error for whoever connects. */

import { BanterError } from '../errors.ts';
import { fingerprintOf } from '../net/address.ts';
import type { HandshakeFailure } from '../protocol/initiator.ts';

/** @param serverName as the person wrote it */
export function handshakeError(failure: HandshakeFailure, serverName: string): BanterError {
  switch (failure.type) {
    case 'timeout':
      return new BanterError('SERVER_UNREACHABLE', `no server answers at ${serverName}`);
    case 'keyChanged':
      return new BanterError(
        'SERVER_KEY_CHANGED',
        `${serverName} has another key than expected: ${fingerprintOf(failure.identity)}`,
        { data: { server: serverName, fingerprint: fingerprintOf(failure.identity) } },
      );
    case 'version':
      return new BanterError(
        'VERSION_UNSUPPORTED',
        `${serverName} speaks only versions ${failure.versions.join(', ')} of the protocol`,
      );
  }
}
