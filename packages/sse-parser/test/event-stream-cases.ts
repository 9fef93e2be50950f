/** A stream and what a browser's EventSource would make of it. */
export interface EventStreamCase {
  readonly name: string;
  readonly wire: Uint8Array;
  readonly events: readonly EventStreamMessage[];
  /** The last valid `retry` field, or null. */
  readonly retry: number | null;
}

export interface EventStreamMessage {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

type Message = readonly [data: string, lastEventId?: string, type?: string];

const stream = (
  name: string,
  wire: string | readonly number[],
  messages: readonly Message[],
  retry: number | null = null,
): EventStreamCase => ({
  name,
  wire: typeof wire === 'string' ? new TextEncoder().encode(wire) : Uint8Array.from(wire),
  events: messages.map(([data, lastEventId = '', type = 'message']) => ({ type, data, lastEventId })),
  retry,
});

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));

/** Each rule of the standard's section 9.2, and the places where parsers have been seen to break it. */
export const eventStreamCases: readonly EventStreamCase[] = [
  stream('nothing', '', []),
  stream('only line ends', '\n\r\r\n\n\r\n', []),
  stream('only a comment', ': here\n\n', []),
  stream('one line feed is no blank line', 'data: half\n', []),

  stream('LF', 'data: north\n\ndata: south\n\n', [['north'], ['south']]),
  stream('CR', 'data: north\r\rdata: south\r\r', [['north'], ['south']]),
  stream('CRLF', 'data: north\r\n\r\ndata: south\r\n\r\n', [['north'], ['south']]),
  stream('a different end for each line', 'data: 1\rdata: 2\r\ndata: 3\n\r\ndata: 4\n\r', [['1\n2\n3'], ['4']]),
  stream('LF CR is two line ends', 'data: north\n\rdata: south\r\n\r', [['north'], ['south']]),
  stream('CR CRLF is a line end and a blank line', 'data: north\r\r\ndata: south\n\n', [['north'], ['south']]),
  stream('other Unicode line ends are data', 'data: a\u0085b\u2028c\u2029d\u000Be\u000Cf\n\n', [
    ['a\u0085b\u2028c\u2029d\u000Be\u000Cf'],
  ]),

  stream('a BOM is dropped', '\uFEFFdata: first\n\n', [['first']]),
  stream('a second BOM belongs to the field name', '\uFEFF\uFEFFdata: lost\n\ndata: kept\n\n', [['kept']]),
  stream('a BOM later on belongs to the field name', 'data: a\n\n\uFEFFdata: lost\n\n', [['a']]),
  stream('a BOM in a value stays', 'data: \uFEFFa\n\n', [['\uFEFFa']]),
  stream('a BOM that went through Latin-1 is no BOM', 'ï»¿data: lost\n\ndata: kept\n\n', [['kept']]),
  stream('half a BOM is not a BOM', [0xef, 0xbb, ...ascii('data: lost\n\ndata: kept\n\n')], [['kept']]),

  stream('every length of a UTF-8 character', 'data: aéक🧭\n\n', [['aéक🧭']]),
  stream('a family of emoji', 'data: 👩‍👩‍👧‍👦 and 🏳️‍🌈\n\n', [['👩‍👩‍👧‍👦 and 🏳️‍🌈']]),
  stream('a byte that starts nothing', [...ascii('data: a'), 0xff, ...ascii('b\n\n')], [['a\uFFFDb']]),
  stream('a lone continuation', [...ascii('data: a'), 0x80, ...ascii('b\n\n')], [['a\uFFFDb']]),
  stream('a character cut by a line end', [...ascii('data: a'), 0xe2, 0x82, ...ascii('\n\n')], [['a\uFFFD']]),
  stream('an overlong slash', [...ascii('data: '), 0xc0, 0xaf, ...ascii('\n\n')], [['\uFFFD\uFFFD']]),
  stream('a surrogate in UTF-8', [...ascii('data: '), 0xed, 0xa0, 0x80, ...ascii('\n\n')], [['\uFFFD\uFFFD\uFFFD']]),
  stream(
    'a character past the last',
    [...ascii('data: '), 0xf4, 0x90, 0x80, 0x80, ...ascii('\n\n')],
    [['\uFFFD\uFFFD\uFFFD\uFFFD']],
  ),
  stream('a character cut by the end', [...ascii('data: a\n\ndata: b'), 0xf0, 0x9f], [['a']]),
  stream('NUL in data stays', 'data: a\0b\n\n', [['a\0b']]),

  stream('one space after the colon goes', 'data:a\ndata: a\ndata:  a\ndata:\ta\n\n', [['a\na\n a\n\ta']]),
  stream('spaces at the end stay', 'data: a  \n\n', [['a  ']]),
  stream('only the first colon counts', 'data: a: b: c\n\n', [['a: b: c']]),
  stream('a space before the colon makes another field', 'data : lost\n\ndata: kept\n\n', [['kept']]),
  stream('empty data is an event', 'data\n\ndata:\n\ndata: \n\n', [[''], [''], ['']]),
  stream('empty data lines are lines', 'data\ndata\n\ndata:\ndata: a\ndata\n\n', [['\n'], ['\na\n']]),
  stream('pretty-printed JSON', 'data: {\ndata:   "a": [\ndata:     1\ndata:   ]\ndata: }\n\n', [
    ['{\n  "a": [\n    1\n  ]\n}'],
  ]),
  stream('blank lines between events', '\n\ndata: a\n\n\n\r\n\ndata: b\n\n\n', [['a'], ['b']]),

  stream('an event name', 'event: tick\ndata: a\n\ndata: b\n\n', [['a', '', 'tick'], ['b']]),
  stream('a name after the data', 'data: a\nevent: tick\n\n', [['a', '', 'tick']]),
  stream('the last name counts, the empty one too', 'event: x\nevent: y\ndata: a\n\nevent: x\nevent\ndata: b\n\n', [
    ['a', '', 'y'],
    ['b'],
  ]),
  stream('a name without data is forgotten', 'event: tick\n\ndata: a\n\n', [['a']]),

  stream('an id stays until there is another', 'id: 1\ndata: a\n\ndata: b\n\ndata: c\nid: 2\n\n', [
    ['a', '1'],
    ['b', '1'],
    ['c', '2'],
  ]),
  stream('the last id of a block counts', 'id: 1\nid: 2\ndata: a\n\n', [['a', '2']]),
  stream('an empty id forgets', 'id: 1\ndata: a\n\nid\ndata: b\n\nid:\ndata: c\n\n', [['a', '1'], ['b'], ['c']]),
  stream('an id with NUL is ignored', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: 3\nid: \0\ndata: c\n\n', [
    ['a', '1'],
    ['b', '1'],
    ['c', '3'],
  ]),
  stream('an id without data counts', 'id: 9\n\ndata: a\n\n', [['a', '9']]),
  stream('an id of a block that was cut does not', 'id: 1\ndata: a\n\nid: 2\ndata: b\n', [['a', '1']]),
  stream('an id beyond ASCII', 'id: №…🧭\ndata: a\n\n', [['a', '№…🧭']]),

  stream('a delay', 'retry: 2500\ndata: a\n\n', [['a']], 2500),
  stream('a delay of its own', 'retry:3\n\n', [], 3),
  stream('a delay of zero, and with zeros', 'retry: 7\nretry: 000\n\n', [], 0),
  stream('an invalid delay keeps the last one', 'retry: 7\nretry: 8 \nretry: 8ms\nretry: -8\nretry: 1e3\n\n', [], 7),
  stream('digits of another script are no delay', 'retry: ٣\nretry: ３\nretry\nretry:\nretry: \n\n', []),

  stream('comments inside a block', 'data: a\n: ping\n:\n:::\ndata: b\n\n', [['a\nb']]),
  stream('a comment between events', ': ping\n\ndata: a\n\n: ping\n\n', [['a']]),
  stream('unknown fields', 'foo: 1\ndata: a\nbar\n data: 2\nDATA: 3\ndataset: 4\n\n', [['a']]),
  stream('names of object properties', '__proto__: 1\nconstructor\ntoString: 2\ndata: a\n\n', [['a']]),
  stream('NUL in a field name', '\0data: 1\ndata\0: 2\ndata: a\n\n', [['a']]),
  stream('HTML', '<!doctype html>\n<html>\n\n<p>data: 1</p>\n\n', []),
  stream('JSON', '[{\n  "data": "data: 1"\n}\n]\n\n', []),

  stream('an event cut before its blank line', 'data: a\n\ndata: b\n', [['a']]),
  stream('an event cut in its name', 'data: a\n\nda', [['a']]),
  stream('a CR ends the last blank line', 'data: a\n\r', [['a']]),
];
