// The document that a mail's cleaned HTML is shown in. It lives in a sandboxed srcdoc frame that runs no script; its own
// policy stands first, so that it holds before anything of the mail is read.
export const FRAME_CSP =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'";
export const FRAME_SANDBOX = "allow-same-origin allow-top-navigation-by-user-activation allow-modals";

/** Colours of the page, resolved, since the frame inherits none. */
export type Look = { ink: string; link: string; quiet: string; dark: boolean };

/** The mail brings colours or styles of its own, made for white paper: it gets white paper, by night too. */
export function paintsItself(html: string): boolean {
  return /<style|<font[^>]+color|\s(bgcolor|background|color)\s*=|style\s*=\s*(["'])(?:(?!\2).)*\b(color|background)/i.test(
    html,
  );
}

/** Takes only what a colour is made of, so that nothing else can get into the style. */
const colour = (value: string): string => value.replace(/[^\w#%(),./ +-]/g, "");

/** `srcdoc` for a mail. `html` is the cleaned body; it goes into the body and nowhere else. */
export function frameDocument(html: string, look: Look): string {
  const paper = paintsItself(html);
  const dark = look.dark && !paper;
  const ink = paper ? "#23211d" : colour(look.ink);
  const link = paper ? "#1f6f5c" : colour(look.link);
  const quiet = paper ? "#5d584e" : colour(look.quiet);
  return `<meta http-equiv="Content-Security-Policy" content="${FRAME_CSP}"><meta charset="utf-8"><style>
:root{color-scheme:${dark ? "dark" : "light"}}
html{margin:0;padding:0;overflow-x:auto;overflow-y:hidden${paper ? ";background:#fff" : ""}}
body{margin:0;padding:${paper ? "14px 16px" : "0"};color:${ink};font:15px/1.62 "Inter Variable",Inter,system-ui,"Segoe UI",Cantarell,sans-serif;overflow-wrap:break-word}
p{margin:0 0 12px}p:last-child{margin-bottom:0}
img{max-width:100%;height:auto}img:not([src]){width:auto!important;height:auto!important;color:${quiet};font-size:13px}img:not([src]):not([alt]),img:not([src])[alt=""]{display:none}pre{white-space:pre-wrap;font:inherit}
a{color:${link}}blockquote{margin:0 0 12px;padding-left:12px;border-left:2px solid ${quiet};color:${quiet}}
table{max-width:100%}</style><body>${html}</body>`;
}

/** An image of the mail itself, as the engine writes it: its content id, no source. `<` and quotes stand nowhere else unescaped. */
const INLINE = /(<img(?:\s+[\w-]+="[^"]*")*?\s+)data-cid="([^"]*)"/g;

/** Puts the images that lie in the mail itself in their places. `images`: content id to data: URL. */
export function withInlineImages(html: string, images: ReadonlyMap<string, string>): string {
  return html.replace(INLINE, (whole, start: string, id: string) => {
    const url = images.get(unescaped(id));
    return url ? `${start}src="${url}"` : whole;
  });
}

/** The content ids that a mail's HTML shows. */
export function inlineIds(html: string): string[] {
  return [...new Set([...html.matchAll(INLINE)].map((m) => unescaped(m[2] ?? "")))];
}

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  nbsp: "\u00a0",
};
const unescaped = (id: string): string =>
  id.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? "");

const MAGIC: readonly [type: string, at: number, bytes: readonly number[]][] = [
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", 0, [0x42, 0x4d]],
  ["image/avif", 4, [0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69]],
];

/** Bytes as a data: URL, when they are a picture by their first bytes, whatever the mail calls them. */
export function dataUrl(bytes: ArrayBuffer): string | null {
  const all = new Uint8Array(bytes);
  const type = MAGIC.find(([, at, magic]) => magic.every((b, i) => all[at + i] === b))?.[0];
  if (!type) return null;
  let binary = "";
  for (let at = 0; at < all.length; at += 0x8000)
    binary += String.fromCharCode(...all.subarray(at, at + 0x8000));
  return `data:${type};base64,${btoa(binary)}`;
}

/** Lends the page's own typeface to a frame, whose policy lets it load none: the bytes are handed over, nothing is fetched. */
export async function lendTypeface(frame: Window & typeof globalThis, bytes: ArrayBuffer): Promise<void> {
  const face = new frame.FontFace("Inter Variable", bytes, { weight: "100 900" });
  frame.document.fonts.add(await face.load());
}
