import { type ContentRequest, ContentThread } from '../answer/content-thread.ts';
import { type RequestParameters, contentParameters } from '../answer/request-parameters.ts';
import type { StreamOutcome } from '../types.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import type { LoopCall } from './tool-loop.ts';
import type { ToolSet } from './tool.ts';
import type { TurnForm } from './turn-form.ts';
import { roundContents } from './turn-outcome.ts';

/** The settings that all requests of a stream share. */
interface ContentSettings {
  readonly isVertex: boolean;
  readonly maxResponseBytes: number;
}

/** `streamGenerateContent`: the answer and its results are added to the messages of the next request. */
export class ContentForm implements TurnForm {
  readonly needsSteps = false;
  readonly #requests: readonly ContentRequest[];
  readonly #settings: ContentSettings;

  /** One request for each model, in their order. */
  constructor(requests: readonly ContentRequest[], settings: ContentSettings) {
    this.#requests = requests;
    this.#settings = settings;
  }

  get tools(): readonly object[] {
    return this.#requests[0]?.request.tools ?? [];
  }

  begin(): ContentThread {
    return new ContentThread(this.#requests, this.#settings.maxResponseBytes);
  }

  body(place: number): GenerateContentRequest | undefined {
    return this.#requests[place]?.request;
  }

  parameters(place: number): RequestParameters {
    const body = this.body(place);
    return body === undefined ? {} : contentParameters(body);
  }

  withTools(tools: ToolSet): ContentForm {
    const isServerSide = tools.isMixed && !this.#settings.isVertex;
    return this.#with((request) => ({
      ...(isServerSide ? withServerSide(request) : request),
      tools: [...(tools.isOurs ? tools.wire : tools.entries)],
    }));
  }

  turnSteps(): undefined {
    return undefined;
  }

  next(answer: StreamOutcome, calls: readonly LoopCall[]): ContentForm {
    const said = roundContents(answer, calls);
    return this.#with((request) => ({ ...request, contents: [...request.contents, ...said] }));
  }

  #with(change: (request: GenerateContentRequest) => GenerateContentRequest): ContentForm {
    const requests = this.#requests.map((asked) => ({ ...asked, request: change(asked.request) }));
    return new ContentForm(requests, this.#settings);
  }
}

/**
 * Functions beside tools of the server need this at the Developer API, and must not have it at Vertex. A value of the caller
 * stays.
 */
function withServerSide(request: GenerateContentRequest): GenerateContentRequest {
  const toolConfig = { includeServerSideToolInvocations: true, ...request.toolConfig };
  return { ...request, toolConfig };
}
