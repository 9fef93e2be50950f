import { connectPhaseOf, type ConnectPhase } from '../connection/connect-phase.ts';
import type { HttpStreamErrorCode } from '../errors.ts';
import { isReusedConnection } from '../connection/socket-facts.ts';

/** How far a request had come when its connection failed. */
export interface FailureProgress {
  readonly connected: boolean;
  /** The first byte of a response is in. */
  readonly responding: boolean;
}

/** What an error of the dispatcher means, before the headers of a response are in. */
export interface ClassifiedFailure {
  readonly code: HttpStreamErrorCode;
  readonly message: string;
  readonly connectPhase?: ConnectPhase | undefined;
  readonly reusedConnection?: boolean | undefined;
}

/** Names the failure of an exchange that has no response headers yet. */
export function classifyFailure(cause: Error, { connected, responding }: FailureProgress): ClassifiedFailure {
  // undici 6 asks for callbacks that undici 8's handlers no longer have.
  if (/^invalid on\w+ method$/.test(cause.message)) {
    return {
      code: 'invalid-dispatcher',
      message: `the dispatcher must come from undici 7 or 8 (${cause.message})`,
    };
  }
  const connectPhase = connectPhaseOf(cause);
  if (connected && connectPhase !== 'proxy') {
    const reusedConnection = !responding && isReusedConnection(cause);
    const what = reusedConnection ? 'the kept-alive connection' : 'the connection';
    return {
      code: 'connection-lost',
      message: `${what} was lost before the headers: ${messageOf(cause)}`,
      reusedConnection,
    };
  }
  if ((cause as { code?: unknown }).code === 'UND_ERR_CONNECT_TIMEOUT') {
    return { code: 'connect-timeout', message: messageOf(cause), connectPhase };
  }
  const where = connectPhase === undefined ? '' : ` (${connectPhase})`;
  return { code: 'connect-failed', message: `no connection${where}: ${messageOf(cause)}`, connectPhase };
}

// Node's AggregateError, made when several addresses were tried, has an empty message of its own.
function messageOf(cause: Error): string {
  if (cause.message !== '') return cause.message;
  const errors = (cause as { errors?: unknown }).errors;
  return Array.isArray(errors) ? errors.map(String).join('; ') : cause.name;
}
