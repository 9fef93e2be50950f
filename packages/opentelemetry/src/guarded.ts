import { diag } from '@opentelemetry/api';

/** Wraps a subscriber: what it throws is logged by OpenTelemetry's `diag`, and would otherwise end the process. */
export function guarded(subscriber: (message: never) => void): (message: unknown) => void {
  return (message) => {
    try {
      subscriber(message as never);
    } catch (error) {
      diag.error('@gemini/opentelemetry: a message of the client could not be recorded', error);
    }
  };
}
