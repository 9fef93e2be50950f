import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import type { Step } from './interaction-request.ts';

/** A step that grows. */
interface GrowingStep {
  readonly fields: Record<string, JsonValue | undefined>;
  /** Pieces of the arguments of a call. */
  readonly argumentPieces: string[];
  /** The contents of a `model_output`, or the summary of a `thought`. */
  readonly contents: Record<string, JsonValue | undefined>[];
}

/** Collects the whole steps of an interaction from its events, as `GET` returns them. */
export class StepCollector {
  readonly #steps: GrowingStep[] = [];
  readonly #byIndex = new Map<number, GrowingStep>();

  add(event: JsonObject): void {
    const index = Number(event['index']);
    const { step, delta } = event;
    if (event['event_type'] === 'step.start' && isJsonObject(step)) this.#start(index, step);
    const grown = this.#byIndex.get(index);
    if (event['event_type'] === 'step.delta' && isJsonObject(delta) && grown !== undefined) grow(grown, delta);
  }

  steps(): readonly Step[] {
    return this.#steps.map(({ fields, argumentPieces, contents }) => {
      if (fields['type'] === 'function_call' && argumentPieces.length > 0) {
        return { ...fields, arguments: argumentsOf(argumentPieces.join('')) };
      }
      const list = fields['type'] === 'thought' ? 'summary' : 'content';
      return contents.length === 0 ? { ...fields } : { ...fields, [list]: contents.map((content) => ({ ...content })) };
    });
  }

  #start(index: number, step: JsonObject): void {
    const { content, summary, ...fields } = step;
    const given = Array.isArray(content) ? content : Array.isArray(summary) ? summary : [];
    const contents = (given as readonly JsonValue[]).filter(isJsonObject).map((item) => ({ ...item }));
    const grown: GrowingStep = { fields: { ...fields }, argumentPieces: [], contents };
    this.#steps.push(grown);
    this.#byIndex.set(index, grown);
  }
}

function grow({ fields, argumentPieces, contents }: GrowingStep, delta: JsonObject): void {
  const { type, ...filled } = delta;
  switch (type) {
    case 'text': {
      const last = contents.at(-1);
      if (last?.['type'] === 'text') last['text'] = textOr(last['text'], '') + textOr(filled['text'], '');
      else contents.push({ type, text: textOr(filled['text'], '') });
      break;
    }
    case 'text_annotation_delta': {
      const last = contents.at(-1);
      const before = Array.isArray(last?.['annotations']) ? (last['annotations'] as readonly JsonValue[]) : [];
      const more = Array.isArray(filled['annotations']) ? (filled['annotations'] as readonly JsonValue[]) : [];
      if (last !== undefined) last['annotations'] = [...before, ...more];
      break;
    }
    case 'thought_summary':
      if (isJsonObject(filled['content'])) contents.push({ ...filled['content'] });
      break;
    case 'thought_signature':
      // An empty signature means that the step has no signature.
      fields['signature'] = textOr(filled['signature'], '') || fields['signature'];
      break;
    case 'arguments_delta':
      argumentPieces.push(textOr(filled['arguments'], ''));
      break;
    case 'image':
    case 'audio':
    case 'video':
    case 'document':
      contents.push({ type, ...filled });
      break;
    default:
      // A step of the server's own tools: its delta has the fields of the step.
      Object.assign(fields, filled);
  }
}

function argumentsOf(json: string): JsonValue {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return {};
  }
}
