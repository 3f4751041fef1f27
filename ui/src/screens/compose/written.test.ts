import { expect, test } from "vitest";
import { apart, clean, linkTarget, signed } from "./written";

function html(given: string, whole = false): string {
  const box = document.createElement("div");
  box.append(clean(given, whole));
  return box.innerHTML;
}

test("what is pasted keeps its words and its plain shape, and nothing that runs, loads or paints", () => {
  expect(
    html(
      '<div style="color:red">One<script>alert(1)</script> <b onclick="x()">two</b></div><h2>Head</h2><img src="https://x.example/t.png"><style>p{}</style><ul><li>a</li> <li><p>b</p></li></ul>',
    ),
  ).toBe("<p>One <b>two</b></p><p>Head</p><ul><li>a</li><li><p>b</p></li></ul>");
});

test("links go to pages, mailboxes and telephones; of others the words stay", () => {
  expect(html('<a href="https://a.example/" target="_blank">a</a><a href="javascript:x()">b</a>')).toBe(
    '<a href="https://a.example/">a</a>b',
  );
  expect(linkTarget("noralind.studio/prices")).toBe("https://noralind.studio/prices");
  expect(linkTarget("nora@noralind.studio")).toBe("mailto:nora@noralind.studio");
  expect(linkTarget("javascript:alert(1)")).toBeNull();
  expect(linkTarget("data:text/html,x")).toBeNull();
  expect(linkTarget("two words")).toBeNull();
});

test("loose words beside paragraphs become one, and a bold around paragraphs takes none apart", () => {
  expect(html("Hi <i>you</i><p>there</p>")).toBe("<p>Hi <i>you</i></p><p>there</p>");
  expect(html('<b style="font-weight:normal"><p>one</p><p>two</p></b>')).toBe("<p>one</p><p>two</p>");
  expect(html("just words")).toBe("just words");
});

test("signature and quote keep their names in a stored mail alone", () => {
  const mail = '<p>Hi</p><div class="signature x">Nora</div><div class="quote"><p>q</p></div>';
  expect(html(mail, true)).toBe(
    '<p>Hi</p><div class="signature">Nora</div><div class="quote"><p>q</p></div>',
  );
  expect(html(mail)).toBe("<p>Hi</p><p>Nora</p><p>q</p>");
  expect(apart(mail)).toEqual({
    text: '<p>Hi</p><div class="signature x">Nora</div>',
    quote: '<div class="quote"><p>q</p></div>',
  });
  expect(apart("<p>a</p>")).toEqual({ text: "<p>a</p>", quote: "" });
});

test("another address brings another signature, but not one that was deleted by hand", () => {
  const root = document.createElement("div");
  root.innerHTML = '<p>Hi</p><div class="signature">Nora</div><div class="quote">q</div>';
  signed(root, "<p>N. Lind</p>", "<p>Nora</p>");
  expect(root.innerHTML).toBe(
    '<p>Hi</p><div class="signature"><p>N. Lind</p></div><div class="quote">q</div>',
  );
  signed(root, "", "<p>N. Lind</p>");
  expect(root.innerHTML).toBe('<p>Hi</p><div class="quote">q</div>');
  signed(root, "Nora", "<p>N. Lind</p>");
  expect(root.innerHTML).toBe('<p>Hi</p><div class="quote">q</div>');
  signed(root, "Nora", "");
  expect(root.innerHTML).toBe('<p>Hi</p><div class="signature"><p>Nora</p></div><div class="quote">q</div>');
});
