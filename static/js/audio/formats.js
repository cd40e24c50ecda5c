// Audio as it travels: mu-law and 16-bit PCM, raw or with a WAV header, as base64.

const ENCODINGS = {
  mulaw: { rate: 8000, width: 1, tag: 7 },
  lpcm16: { rate: 16_000, width: 2, tag: 1 },
  lpcm16_8: { rate: 8000, width: 2, tag: 1 },
  lpcm16_24: { rate: 24_000, width: 2, tag: 1 },
};

/** `raw/lpcm16` as `{name, wav, rate, width, tag}`; width in bytes. Null where it is unknown. */
export function parseFormat(name) {
  const [container, encoding] = String(name).toLowerCase().split("/");
  const known = ENCODINGS[encoding];
  return known && ["raw", "wav"].includes(container) ? { name, wav: container === "wav", ...known } : null;
}

/** Samples from -1 to 1 as bytes. */
export function encode(samples, { width }) {
  const pcm = Int16Array.from(samples, (sample) => Math.round(Math.max(-1, Math.min(1, sample)) * 32_767));
  return width === 2 ? new Uint8Array(pcm.buffer) : Uint8Array.from(pcm, toMulaw);
}

/** Whole samples as numbers from -1 to 1. */
export function decode(bytes, { width }) {
  if (width === 1) return Float32Array.from(bytes, (byte) => MULAW[byte] / 32_768);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 1 }, (_, n) => view.getInt16(2 * n, true) / 32_768);
}

// G.711: a sign, the exponent and four bits of the mantissa, all inverted.
function toMulaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const level = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = 31 - Math.clz32(level) - 7;
  return ~(sign | (exponent << 4) | ((level >> (exponent + 3)) & 15)) & 255;
}

const MULAW = Int16Array.from({ length: 256 }, (_, byte) => {
  const code = ~byte & 255;
  const level = (((code & 15) << 3) + 132) << ((code >> 4) & 7);
  return code & 0x80 ? 132 - level : level - 132;
});

/** The header of a WAV whose length nobody knows yet. */
export function wavHeader({ rate, width, tag }) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (at, letters) => [...letters].forEach((letter, n) => view.setUint8(at + n, letter.charCodeAt(0)));
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  text(36, "data");
  for (const [at, value] of [[4, 0xffff_ffff], [16, 16], [24, rate], [28, rate * width], [40, 0xffff_ffff]]) view.setUint32(at, value, true);
  for (const [at, value] of [[20, tag], [22, 1], [32, width], [34, 8 * width]]) view.setUint16(at, value, true);
  return new Uint8Array(view.buffer);
}

/** The bytes behind a WAV header, where they begin with one. */
export function withoutHeader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at) => (at + 4 <= bytes.length ? String.fromCharCode(...bytes.subarray(at, at + 4)) : "");
  if (name(0) !== "RIFF" || name(8) !== "WAVE") return bytes;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === "data") return bytes.subarray(at + 8);
    at += 8 + size + (size % 2);
  }
  return bytes.subarray(bytes.length);
}

export const toBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export function join(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
