import { afterEach, describe, expect, test, vi } from "vitest";
import { keys, nameOf, screenKeys } from "./keys";

const press = (key: string, more: KeyboardEventInit = {}) =>
  new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
afterEach(() => document.body.replaceChildren());

function fieldOf(tag: string, type?: string): HTMLElement {
  const field = document.createElement(tag);
  if (type) field.setAttribute("type", type);
  document.body.append(field);
  return field;
}

test("keys have the names that maps use", () => {
  expect(nameOf(press("j"))).toBe("j");
  expect(nameOf(press("1", { ctrlKey: true }))).toBe("Ctrl+1");
  expect(nameOf(press("ArrowLeft", { altKey: true }))).toBe("Alt+ArrowLeft");
  expect(nameOf(press("Z", { ctrlKey: true, shiftKey: true }))).toBe("Ctrl+Shift+z");
  expect(nameOf(press("?", { shiftKey: true }))).toBe("?");
});

describe("an input method that composes", () => {
  test.each(["Enter", "Escape", "j"])("keeps its %s", (key) => {
    const action = vi.fn();
    const handle = keys({ [key]: action });
    handle(press(key, { isComposing: true }));
    const old = press(key);
    Object.defineProperty(old, "keyCode", { value: 229 });
    handle(old);
    expect(action).not.toHaveBeenCalled();
    handle(press(key));
    expect(action).toHaveBeenCalledOnce();
  });
});

describe("in a field", () => {
  test.each([["input"], ["textarea"]])("letters go into the %s", (tag) => {
    const letter = vi.fn();
    const place = vi.fn();
    const escape = vi.fn();
    const field = fieldOf(tag);
    field.addEventListener("keydown", keys({ j: letter, "Ctrl+1": place, Escape: escape }));
    field.dispatchEvent(press("j"));
    field.dispatchEvent(press("1", { ctrlKey: true }));
    field.dispatchEvent(press("Escape"));
    expect(letter).not.toHaveBeenCalled();
    expect(place).toHaveBeenCalledOnce();
    expect(escape).toHaveBeenCalledOnce();
  });
  test("Ctrl+Z takes back what was typed there, not what was moved", () => {
    const undo = vi.fn();
    const field = fieldOf("input");
    field.addEventListener("keydown", keys({ "Ctrl+z": undo }));
    field.dispatchEvent(press("z", { ctrlKey: true }));
    expect(undo).not.toHaveBeenCalled();
  });
  test("a checkbox takes no letters", () => {
    const letter = vi.fn();
    const box = fieldOf("input", "checkbox");
    box.addEventListener("keydown", keys({ j: letter }));
    box.dispatchEvent(press("j"));
    expect(letter).toHaveBeenCalledOnce();
  });
});

test("a screen's keys are silent under a dialog or a menu", () => {
  const action = vi.fn();
  const handle = screenKeys({ j: action });
  const veil = document.createElement("div");
  veil.dataset.overlay = "";
  document.body.append(veil);
  handle(press("j"));
  expect(action).not.toHaveBeenCalled();
  veil.remove();
  handle(press("j"));
  expect(action).toHaveBeenCalledOnce();
});
