import { googleRpcError, isRecord, parseGoogleRpcError } from '@gemini/client/wire';
import type { EventRun } from '@gemini/http-streaming';
import {
  type Completeness,
  isDone,
  mentions,
  namedError,
  type OutgoingEvent,
  parseJson,
  type Wire,
  type WireEvent,
  type WireFailure,
} from './wire.ts';
import { isErrorStatus } from './gemini-failure.ts';

const decisive =
  /"(?:interaction|metadata|usage|status|error|message|detail)"|"event_type"\s*:\s*"(?:interaction\.|error)/;

/** The statuses of an interaction that is not over. */
const runningStatuses: ReadonlySet<unknown> = new Set(['queued', 'in_progress']);

/**
 * The Interactions API. A stream is whole once its interaction has a status other than `queued` and `in_progress`.
 * `requires_continuation` is such a status too: `@google/genai` follows with another request.
 */
export class InteractionsWire implements Wire {
  readonly foreignBody = 'none';
  failure: WireFailure | undefined;
  usage: unknown;
  #isOver = false;

  read({ data, event: name }: WireEvent): OutgoingEvent | undefined {
    if (data === '') return undefined;
    const handedOn = { data, name };
    if (isDone(data)) return handedOn;
    const payload = parseJson(data);
    if (!isRecord(payload)) return handedOn;
    const type = payload['event_type'] ?? name;
    if (type === 'error' || (payload['event_type'] === undefined && googleRpcError(payload) !== undefined)) {
      this.failure = interactionsFailure(data, name);
      return handedOn;
    }
    this.#note(payload, type);
    return handedOn;
  }

  passes({ binaryText }: EventRun): boolean {
    return !mentions(decisive, binaryText) && !namedError.test(binaryText) && !/event: ?interaction/.test(binaryText);
  }

  readText(text: string): OutgoingEvent | undefined {
    if (parseGoogleRpcError(text) !== undefined) this.failure = interactionsFailure(text.trim(), 'error');
    return this.failure?.event;
  }

  judge(isInsideEvent: boolean): Completeness {
    return this.#isOver && !isInsideEvent ? 'whole' : 'cut';
  }

  #note(event: Record<string, unknown>, type: unknown): void {
    const { interaction, metadata, usage, status } = event;
    const whole = isRecord(interaction) ? interaction : {};
    const totals = isRecord(metadata) ? (metadata['total_usage'] ?? metadata['usage']) : undefined;
    const counts = whole['usage'] ?? usage ?? totals;
    if (isRecord(counts)) this.usage = counts;
    const now = whole['status'] ?? status;
    if (type === 'interaction.completed') this.#isOver = true;
    else if (typeof now === 'string') this.#isOver = !runningStatuses.has(now);
  }
}

function interactionsFailure(text: string, name: string | undefined): WireFailure {
  const { status, retryAfterMs, retryable: isTransient = false } = parseGoogleRpcError(text) ?? {};
  return { event: { data: text, name }, status: isErrorStatus(status) ? status : 500, retryAfterMs, isTransient };
}
