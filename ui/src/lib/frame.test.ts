import { describe, expect, test } from "vitest";
import {
  dataUrl,
  FRAME_SANDBOX,
  frameDocument,
  inlineIds,
  paintsItself,
  withInlineImages,
  type Look,
} from "./frame";

const look: Look = {
  ink: "rgb(35, 33, 29)",
  link: "rgb(31, 111, 92)",
  quiet: "rgb(93, 88, 78)",
  dark: false,
};
const META = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'">`;

describe("the document of the message frame", () => {
  test("begins with its own policy, before anything of the mail", () => {
    expect(frameDocument("<p>Hi</p>", look).startsWith(META)).toBe(true);
    expect(frameDocument("<style>b{color:red}</style>", { ...look, dark: true }).startsWith(META)).toBe(true);
  });
  test("has the policy first in its head once it is parsed, and the mail in its body", () => {
    const parsed = new DOMParser().parseFromString(frameDocument(`<p id="mail">Hi</p>`, look), "text/html");
    expect(parsed.head.firstElementChild?.getAttribute("http-equiv")).toBe("Content-Security-Policy");
    expect(parsed.body.querySelector("#mail")).not.toBeNull();
    expect(parsed.head.querySelector("#mail")).toBeNull();
  });
  test("a colour can bring nothing else into the style", () => {
    const doc = frameDocument("", { ...look, ink: `red}</style><img src=x>` });
    expect(doc).not.toContain("<img");
  });
  test("runs no script and opens no window", () => {
    expect(FRAME_SANDBOX.split(" ").sort()).toEqual([
      "allow-modals",
      "allow-same-origin",
      "allow-top-navigation-by-user-activation",
    ]);
  });
});

test("a mail that paints itself gets white paper; a plain one follows the theme", () => {
  expect(paintsItself(`<p>Hi</p><a href="open:1" title="https://color.example">x</a>`)).toBe(false);
  expect(paintsItself(`<td bgcolor="#fff">`)).toBe(true);
  expect(paintsItself(`<p style="margin:0;color:#333">`)).toBe(true);
  expect(paintsItself(`<p style='font-family:"Arial";background:#eee'>`)).toBe(true);
  expect(frameDocument("<p>Hi</p>", { ...look, dark: true })).toContain("color-scheme:dark");
  expect(frameDocument(`<td bgcolor="#fff">`, { ...look, dark: true })).toContain("color-scheme:light");
});

describe("pictures that lie in the mail", () => {
  const html = `<img data-cid="a@b" alt="A"><img width="20" data-cid="c&amp;d"><img data-cid="gone">`;
  test("are asked for once, by their unescaped ids", () => {
    expect(inlineIds(html + html)).toEqual(["a@b", "c&d", "gone"]);
  });
  test("take their places; what is not there stays empty", () => {
    const images = new Map([
      ["a@b", "data:image/png;base64,AA=="],
      ["c&d", "data:image/gif;base64,BB=="],
    ]);
    expect(withInlineImages(html, images)).toBe(
      `<img src="data:image/png;base64,AA==" alt="A"><img width="20" src="data:image/gif;base64,BB=="><img data-cid="gone">`,
    );
  });
  test("are found in tags alone, not in what is written about them", () => {
    const text = `<p>data-cid="a@b"</p><img alt="<img data-cid=&quot;a@b&quot;">`;
    expect(inlineIds(text)).toEqual([]);
  });
  test("become data: URLs only when they are pictures, by their bytes", () => {
    const of = (...bytes: number[]) => dataUrl(Uint8Array.from(bytes).buffer);
    expect(of(0x89, 0x50, 0x4e, 0x47)).toBe("data:image/png;base64,iVBORw==");
    expect(of(0xff, 0xd8, 0xff, 0xe0)).toMatch(/^data:image\/jpeg;/);
    expect(dataUrl(new TextEncoder().encode("<svg onload=x>").buffer)).toBeNull();
    expect(of()).toBeNull();
  });
});
