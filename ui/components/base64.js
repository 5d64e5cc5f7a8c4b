// Bytes as text.

export const toBase64 = (bytes) => btoa(Array.from(bytes, (value) => String.fromCharCode(value)).join(""));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
