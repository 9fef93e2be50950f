import { presentText } from '../wire/absent.ts';
import { isRecord } from '../wire/guard.ts';
import type { InteractionContent, InteractionStep } from '../wire/interaction-types.ts';

type Fields = Record<string, unknown>;

/** A step that grows. */
interface GrowingStep {
  readonly step: InteractionStep;
  /** The arguments of a call, as one JSON text that comes in pieces. */
  json: string;
}

/** A moment to which the steps can be taken back. */
interface Mark {
  readonly count: number;
  /** The last step, as it was. */
  readonly last: GrowingStep | undefined;
}

/**
 * Collects the whole steps of an answer from its events, with their signatures, as the Interactions API takes them back.
 */
export class StepCollector {
  #steps: GrowingStep[] = [];
  #byIndex = new Map<unknown, GrowingStep>();
  #mark: Mark = { count: 0, last: undefined };

  add(event: Fields): void {
    const { event_type: type, index, step, delta } = event;
    if (type === 'step.start' && isRecord(step)) this.#start(index, step);
    else if (type === 'step.delta' && isRecord(delta)) {
      const grown = this.#byIndex.get(index);
      if (grown !== undefined) grow(grown, delta);
    } else if (type === 'step.stop') this.#byIndex.delete(index);
  }

  /** A continuation token came: another request continues from here. */
  mark(): void {
    const last = this.#steps.at(-1);
    const isOpen = last !== undefined && [...this.#byIndex.values()].includes(last);
    this.#mark = { count: this.#steps.length, last: isOpen ? copyOf(last) : undefined };
  }

  /** The next request continues from the last mark: what came after it comes again. */
  rewind(): void {
    const { count, last } = this.#mark;
    this.#steps = this.#steps.slice(0, count);
    if (last !== undefined) this.#steps[count - 1] = copyOf(last);
    this.#byIndex = new Map();
  }

  steps(): readonly InteractionStep[] {
    return this.#steps.map(({ step, json }) => (json === '' ? step : { ...step, arguments: parsed(json) }));
  }

  #start(index: unknown, step: Fields): void {
    const grown: GrowingStep = { step: structuredClone(step) as unknown as InteractionStep, json: '' };
    // The API refuses an empty signature.
    if (presentText(grown.step.signature) === undefined) delete grown.step.signature;
    this.#steps.push(grown);
    this.#byIndex.set(index, grown);
  }
}

function copyOf({ step, json }: GrowingStep): GrowingStep {
  return { step: structuredClone(step), json };
}

function grow(grown: GrowingStep, delta: Fields): void {
  const { step } = grown;
  const { type, ...filled } = delta;
  switch (type) {
    case 'text': {
      const contents = (step.content ??= []);
      const last = contents.at(-1);
      // Annotations end a text: what follows is another one.
      if (last?.type === 'text' && last.annotations === undefined)
        last.text = (last.text ?? '') + textOf(filled['text']);
      else contents.push({ type, text: textOf(filled['text']) });
      break;
    }
    case 'text_annotation_delta': {
      const last = step.content?.at(-1);
      const more = Array.isArray(filled['annotations']) ? (filled['annotations'] as never[]) : [];
      // One by one: a call with as many arguments as a server can send overflows the stack.
      for (const each of more) if (last !== undefined) (last.annotations ??= []).push(each);
      break;
    }
    case 'thought_summary':
      if (isRecord(filled['content'])) {
        (step.summary ??= []).push(filled['content'] as unknown as InteractionContent);
      }
      break;
    case 'thought_signature': {
      const signature = presentText(filled['signature']);
      if (signature !== undefined) step.signature = signature;
      break;
    }
    case 'arguments_delta':
      grown.json += textOf(filled['arguments']);
      break;
    case 'image':
    case 'audio':
    case 'video':
    case 'document':
      (step.content ??= []).push(delta as unknown as InteractionContent);
      break;
    default:
      fill(step, filled);
  }
}

/** A delta of a step of the server's own tools has the fields of the step. */
function fill(step: Fields, filled: Fields): void {
  for (const [name, value] of Object.entries(filled)) {
    if (name === '__proto__' || (name === 'signature' && presentText(value) === undefined)) continue;
    step[name] = value;
  }
}

function parsed(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : {};
  } catch {
    // The call was cut off: the stream reports it.
    return {};
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
