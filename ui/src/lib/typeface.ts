import latin from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline";

let bytes: ArrayBuffer | undefined;

/** Inter's Latin letters, as bytes: a part of the program, so that no request is needed (the page's policy allows none). */
export function typefaceBytes(): ArrayBuffer {
  if (!bytes) {
    const binary = atob(latin.slice(latin.indexOf(",") + 1));
    bytes = Uint8Array.from(binary, (c) => c.charCodeAt(0)).buffer;
  }
  return bytes;
}
