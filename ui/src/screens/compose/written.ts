// The HTML that a mail is written in: paragraphs, lists, quotes, bold, italic, underline and links, nothing else.
// The engine cleans it once more before it is stored; here it keeps what is pasted plain.

/** Taken over as they are. */
const KEPT: Record<string, string> = {
  B: "b",
  STRONG: "b",
  I: "i",
  EM: "i",
  U: "u",
  INS: "u",
  BR: "br",
  UL: "ul",
  OL: "ol",
  LI: "li",
  BLOCKQUOTE: "blockquote",
  P: "p",
};
/** They stand on lines of their own: each becomes a paragraph, unless it holds some. */
const PARAGRAPHS = new Set(
  "DIV SECTION ARTICLE HEADER FOOTER MAIN ASIDE NAV H1 H2 H3 H4 H5 H6 PRE TABLE TBODY THEAD TFOOT TR TD TH DL DT DD FIGURE FIGCAPTION ADDRESS CENTER FORM FIELDSET DETAILS SUMMARY HR".split(
    " ",
  ),
);
/** Gone with all that is in them. */
const DROPPED = new Set(
  "SCRIPT STYLE HEAD TITLE META LINK BASE TEMPLATE IFRAME FRAME OBJECT EMBED SVG MATH NOSCRIPT CANVAS VIDEO AUDIO IMG PICTURE SELECT TEXTAREA BUTTON INPUT".split(
    " ",
  ),
);
const BLOCKS = new Set(["P", "DIV", "UL", "OL", "LI", "BLOCKQUOTE"]);
const PARTS = ["signature", "quote"];

const isBlock = (node: Node): boolean => BLOCKS.has(node.nodeName);
const isEmpty = (node: Node): boolean => node.nodeType === Node.TEXT_NODE && !node.textContent?.trim();

/** A link's target, if it is one that mail may hold. */
export function linkTarget(typed: string): string | null {
  const text = typed.trim();
  if (/^(https?:\/\/|mailto:|tel:)\S+$/i.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^\s/:]+\.[a-z]{2,}:\d+/i.test(text)) return null;
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return `mailto:${text}`;
  return /^[^\s/]+\.[^\s/.]+(\/\S*)?$/.test(text) ? `https://${text}` : null;
}

/** Only what a mail is written in. `whole`: a stored mail, whose signature and quote keep their names. */
export function clean(html: string, whole = false): DocumentFragment {
  const page = new DOMParser().parseFromString(html, "text/html");
  const out = document.createDocumentFragment();
  out.append(...inBlocks(children(page.body, whole)));
  return out;
}

function children(of: Node, whole: boolean): Node[] {
  return [...of.childNodes].flatMap((child) => converted(child, whole));
}

function converted(node: Node, whole: boolean): Node[] {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.textContent ?? "")];
  if (!(node instanceof Element) && node.nodeType !== Node.ELEMENT_NODE) return [];
  const element = node as HTMLElement;
  const name = element.nodeName.toUpperCase();
  if (DROPPED.has(name)) return [];
  const inner = children(element, whole);
  const part = name === "DIV" && whole ? PARTS.find((p) => element.classList.contains(p)) : undefined;
  if (part) {
    const made = document.createElement("div");
    made.className = part;
    made.append(...inBlocks(inner));
    return [made];
  }
  if (name === "A") {
    const target = linkTarget(element.getAttribute("href") ?? "");
    if (!target || inner.some(isBlock)) return inner;
    return [wrapped("a", inner, { href: target })];
  }
  const kept = KEPT[name];
  if (kept === "p" || PARAGRAPHS.has(name)) {
    if (inner.some(isBlock)) return inBlocks(inner);
    return inner.every(isEmpty) ? [] : [wrapped("p", inner)];
  }
  if (kept === "b" && /font-weight:\s*(normal|[1-4]00)/.test(element.getAttribute("style") ?? ""))
    return inner;
  // A bold around whole paragraphs would take them apart.
  if (kept && !isBlockName(kept) && inner.some(isBlock)) return inner;
  if (kept === "li") return [wrapped("li", inner)];
  if (kept === "ul" || kept === "ol") return listOf(kept, inner);
  if (kept === "blockquote") return [wrapped("blockquote", inBlocks(inner))];
  return kept ? [wrapped(kept, inner)] : inner;
}

const isBlockName = (name: string): boolean => BLOCKS.has(name.toUpperCase());

function wrapped(name: string, inner: Node[], attributes: Record<string, string> = {}): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inner);
  return made;
}

/** A list holds items, and nothing beside them. */
function listOf(kind: string, inner: Node[]): Node[] {
  const items = inner.filter((n) => !isEmpty(n)).map((n) => (n.nodeName === "LI" ? n : wrapped("li", [n])));
  return items.length > 0 ? [wrapped(kind, items)] : [];
}

/** What stands loose between blocks becomes paragraphs; where there is no block, it stays as it is. */
function inBlocks(nodes: Node[]): Node[] {
  if (!nodes.some(isBlock)) return nodes;
  const out: Node[] = [];
  let loose: Node[] = [];
  const close = () => {
    if (!loose.every(isEmpty)) out.push(wrapped("p", loose));
    loose = [];
  };
  for (const node of nodes) {
    if (isBlock(node)) {
      close();
      out.push(node);
    } else loose.push(node);
  }
  close();
  return out;
}

/** A stored mail, as what is written and the quoted mail below it. */
export function apart(html: string): { text: string; quote: string } {
  const page = new DOMParser().parseFromString(html, "text/html");
  const quote = [...page.body.children].findLast((e) => e.matches("div.quote"));
  quote?.remove();
  return { text: page.body.innerHTML, quote: quote?.outerHTML ?? "" };
}

/** Puts another signature where the one before stands. One that was deleted by hand does not come back. */
export function signed(root: HTMLElement, signature: string, before: string): void {
  const stands = root.querySelector<HTMLElement>("div.signature");
  if (!stands && before !== "") return;
  if (signature === "") {
    stands?.remove();
    return;
  }
  const made = document.createElement("div");
  made.className = "signature";
  made.append(clean(signature));
  if (!made.querySelector("p, ul, ol, blockquote")) made.replaceChildren(wrapped("p", [...made.childNodes]));
  if (stands) stands.replaceWith(made);
  else {
    const quote = root.querySelector(":scope > div.quote");
    root.insertBefore(made, quote);
  }
}

/** A stored mail with another signature where one stands. */
export function resigned(html: string, signature: string): string {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (page.querySelector("div.signature")) signed(page.body, signature, "");
  return page.body.innerHTML;
}
