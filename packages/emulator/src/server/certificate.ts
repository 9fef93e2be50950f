import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A private key and its self-signed certificate, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** The contents of a certificate. */
interface CertificateRequest {
  readonly names: readonly string[];
  /** IPv4 addresses. */
  readonly addresses: readonly string[];
  /** The start and end of its validity, in days from now. */
  readonly validDays: readonly [number, number];
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';
const subjectAltName = '2.5.29.17';
const basicConstraints = '2.5.29.19';
const dayMs = 86_400_000;

/** Creates a self-signed certificate (X.509 v3, RFC 5280; P-256). Node can read certificates but not create them. */
export function createCertificate({ names, addresses, validDays }: CertificateRequest): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(ecdsaWithSha256));
  const name = sequence(set(sequence(objectId(commonName), utf8String(names[0] ?? 'gemini-emulator'))));
  const [from, to] = validDays.map((days) => time(new Date(Date.now() + days * dayMs)));
  const serial = randomBytes(8);
  // The first bit is the sign, and a positive DER integer must not begin with a zero byte.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const alternatives = sequence(
    ...names.map((text) => der(0x82, Buffer.from(text, 'latin1'))),
    ...addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
  );
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  const extensions = sequence(
    sequence(objectId(subjectAltName), octetString(alternatives)),
    // A client that trusts the certificate uses it as its own issuer.
    sequence(objectId(basicConstraints), octetString(isAuthority)),
  );
  const validity = sequence(from ?? Buffer.alloc(0), to ?? Buffer.alloc(0));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const version3 = der(0xa0, integer(Buffer.from([2])));
  const body = sequence(version3, integer(serial), algorithm, name, validity, name, key, der(0xa3, extensions));
  const certificate = sequence(body, algorithm, bitString(sign('sha256', body, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/gu) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

/** Encodes one ASN.1 value in DER: a tag, a length and the bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

/** SEQUENCE. */
function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(0x30, ...contents);
}

/** SET. */
function set(...contents: readonly Uint8Array[]): Buffer {
  return der(0x31, ...contents);
}

/** INTEGER from bytes whose first bit is 0. */
function integer(bytes: Uint8Array): Buffer {
  return der(0x02, bytes);
}

/** BIT STRING with no unused bits. */
function bitString(bytes: Uint8Array): Buffer {
  return der(0x03, Buffer.from([0]), bytes);
}

/** OCTET STRING. */
function octetString(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** UTF8String. */
function utf8String(text: string): Buffer {
  return der(0x0c, Buffer.from(text, 'utf8'));
}

/** GeneralizedTime, to the second. */
function time(date: Date): Buffer {
  return der(0x18, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d+/gu, ''), 'latin1'));
}

/** OBJECT IDENTIFIER from its dotted form. */
function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}
