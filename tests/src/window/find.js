// The visible elements of a role whose accessible name contains a text: the parts of the "accname" and "html-aam"
// specifications that the app's own markup needs. Arguments: role, name, and the element to look in, if not in all.
const [role, name, within] = arguments;
const wanted = name.trim().toLowerCase();

const implied = {
  a: (e) => (e.hasAttribute("href") ? "link" : ""),
  button: () => "button",
  summary: () => "button",
  nav: () => "navigation",
  main: () => "main",
  aside: () => "complementary",
  article: () => "article",
  section: (e) => (e.hasAttribute("aria-label") || e.hasAttribute("aria-labelledby") ? "region" : ""),
  dialog: () => "dialog",
  table: () => "table",
  tr: () => "row",
  td: () => "cell",
  ul: () => "list",
  ol: () => "list",
  li: () => "listitem",
  img: () => "img",
  iframe: () => "document",
  textarea: () => "textbox",
  option: () => "option",
  progress: () => "progressbar",
  output: () => "status",
  select: (e) => (e.multiple || e.size > 1 ? "listbox" : "combobox"),
  input: (e) =>
    ({ checkbox: "checkbox", radio: "radio", range: "slider", number: "spinbutton", button: "button", submit: "button",
       reset: "button", hidden: "" })[e.type] ?? "textbox",
};

function roleOf(element) {
  const explicit = (element.getAttribute("role") || "").trim().split(/\s+/)[0];
  if (explicit) return explicit;
  const tag = element.localName;
  if (/^h[1-6]$/.test(tag)) return "heading";
  return tag in implied ? implied[tag](element) : "";
}

function words(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return "";
  if (node.getAttribute("aria-hidden") === "true" || ["script", "style"].includes(node.localName)) return "";
  const label = node.getAttribute("aria-label");
  if (label) return ` ${label} `;
  if (node.localName === "img") return ` ${node.alt} `;
  return ` ${[...node.childNodes].map(words).join("")} `;
}

function nameOf(element) {
  const by = element.getAttribute("aria-labelledby");
  if (by) return by.split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean).map(words).join(" ");
  const label = element.getAttribute("aria-label");
  if (label) return label;
  if (element.labels && element.labels.length > 0) return [...element.labels].map(words).join(" ");
  if (element.localName === "img") return element.alt;
  if (["input", "textarea", "select"].includes(element.localName)) {
    const own = ["submit", "button", "reset"].includes(element.type) ? element.value : "";
    return own || element.placeholder || element.title || "";
  }
  return words(element).trim() || element.title || "";
}

function visible(element) {
  if (element.getClientRects().length === 0 || element.closest("[aria-hidden=true], [inert]")) return false;
  return getComputedStyle(element).visibility === "visible";
}

// While something modal lies over the window, nothing else is there for anybody.
const modal = [...document.querySelectorAll("[aria-modal=true]")].filter(visible).pop();
const ground = within ?? modal ?? document;

// A search field is a text field to whoever writes in it.
const same = (found) => found === role || (role === "textbox" && ["searchbox", "combobox"].includes(found));
const named = (element) => nameOf(element).replace(/\s+/g, " ").trim().toLowerCase();
const found = [...ground.querySelectorAll("*"), ...(modal && !within ? [modal] : [])].filter(
  (element) => same(roleOf(element)) && visible(element) && named(element).includes(wanted),
);
// What is called exactly so comes first.
return [...found.filter((e) => named(e) === wanted), ...found.filter((e) => named(e) !== wanted)];
