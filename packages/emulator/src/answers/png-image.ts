import { deflateSync } from 'node:zlib';
import type { Random } from '../wire/random.ts';

/** A small picture of coloured stripes as the bytes of a PNG. */
export function pngImage(random: Random, side = 32): Buffer {
  const colours = Array.from({ length: 4 }, () => [random() * 256, random() * 256, random() * 256].map(Math.floor));
  const row = (y: number): number[] => [
    // Each row begins with its filter: none.
    0,
    ...Array.from({ length: side }, (_, x) => colours[Math.floor((x + y) / 8) % colours.length] ?? [0, 0, 0]).flat(),
  ];
  const pixels = Buffer.from(Array.from({ length: side }, (_, y) => row(y)).flat());
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits a channel, RGB.
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    block('IHDR', header),
    block('IDAT', deflateSync(pixels)),
    block('IEND', Buffer.alloc(0)),
  ]);
}

function block(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

// node:zlib has crc32 only from 20.15 on, and not in every 21.
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
