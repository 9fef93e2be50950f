/** The meaning of a stream by the standard, and the further reports of the parser. */
export interface ReferenceResult {
  readonly log: readonly (readonly [callback: string, value: unknown])[];
  readonly lastEventId: string;
  readonly pending: boolean;
}

const fieldNames = ['data', 'event', 'id', 'retry'];

/**
 * Section 9.2.6 of the HTML standard, read sentence by sentence over the whole input, with no thought for speed:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 * Beside it, what is not in the standard: texts, comments, and whether the input ended inside an event.
 */
export const parseByTheStandard = (bytes: Uint8Array): ReferenceResult => {
  const log: [string, unknown][] = [];
  // "Streams must be decoded using the UTF-8 decode algorithm", which strips one BOM.
  const input = new TextDecoder().decode(bytes);
  const lines = input.split(/\r\n|\n|\r/);
  const rest = lines.pop() ?? '';

  let dataBuffer = '';
  let eventTypeBuffer = '';
  let idBuffer: string | undefined;
  let lastEventId = '';
  let begun = false;
  let text: string[] = [];

  const endText = (): void => {
    while (text.at(-1) === '') text.pop();
    if (text.length > 0) log.push(['text', text.join('\n')]);
    text = [];
  };

  const dispatch = (): void => {
    if (idBuffer !== undefined) {
      lastEventId = idBuffer;
      log.push(['id', idBuffer]);
    }
    if (dataBuffer !== '') {
      const data = dataBuffer.endsWith('\n') ? dataBuffer.slice(0, -1) : dataBuffer;
      log.push(['event', { data, event: eventTypeBuffer === '' ? undefined : eventTypeBuffer, id: idBuffer }]);
    }
    dataBuffer = '';
    eventTypeBuffer = '';
    idBuffer = undefined;
    begun = false;
  };

  const processField = (name: string, value: string): void => {
    if (name === 'event') eventTypeBuffer = value;
    else if (name === 'data') dataBuffer += `${value}\n`;
    else if (name === 'id' && !value.includes('\0')) idBuffer = value;
    else if (name === 'retry' && /^[0-9]+$/.test(value)) log.push(['retry', Number.parseInt(value, 10)]);
    begun ||= name !== 'retry';
  };

  for (const line of lines) {
    if (line === '') {
      if (text.length > 0) text.push('');
      dispatch();
    } else if (line.startsWith(':')) {
      endText();
      log.push(['comment', line.slice(line.startsWith(': ') ? 2 : 1)]);
    } else {
      const colon = line.indexOf(':');
      const name = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (fieldNames.includes(name)) {
        endText();
        processField(name, value);
      } else text.push(line);
    }
  }

  const name = rest.split(':', 1)[0] ?? '';
  const mayBeField = rest.includes(':')
    ? fieldNames.includes(name)
    : fieldNames.some((fieldName) => fieldName.startsWith(name));
  if (rest !== '' && !rest.startsWith(':') && !mayBeField) text.push(rest);
  endText();
  const hasCutLine = rest !== '' && !rest.startsWith(':');
  return { log, lastEventId, pending: begun || hasCutLine };
};
