// Every shortcut of the window goes through here, so that all of them leave a composing input method alone.

/** Runs when its keys are pressed. */
export type KeyAction = (event: KeyboardEvent) => void;
/** By their names: "j", "Enter", "Ctrl+1", "Alt+ArrowLeft". On a Mac, Ctrl stands for Command. */
export type KeyMap = Record<string, KeyAction>;

const onMac = typeof navigator !== "undefined" && /^Mac/.test(navigator.platform);

/** An input method is in the middle of a word: its Enter, Escape and letters are not ours. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** Whether letters typed now go into a field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.matches("textarea, select, [role=textbox], [role=spinbutton]"))
    return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button"].includes(target.type);
}

/** A dialog, menu or popover lies over the screen; its keys come first. */
export function isCovered(): boolean {
  return document.querySelector("[data-overlay]") !== null;
}

/** The name of what was pressed, as a KeyMap writes it. */
export function nameOf(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (onMac ? event.metaKey : event.ctrlKey) parts.push("Ctrl");
  if (event.altKey) parts.push("Alt");
  const letter = event.key.length === 1;
  if (event.shiftKey && (!letter || parts.length > 0)) parts.push("Shift");
  parts.push(letter && parts.length > 0 ? event.key.toLowerCase() : event.key);
  return parts.join("+");
}

/** A keydown handler for a map of keys. Plain keys keep out of fields; Escape, F1 and what is held with Ctrl or Alt do not. */
export function keys(map: KeyMap): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.defaultPrevented || isComposing(event)) return;
    const name = nameOf(event);
    const action = map[name];
    if (!action) return;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    const letter = plain && !/^(Escape|F\d+)$/.test(event.key);
    if (isTyping(event.target) && (letter || name === "Ctrl+z")) return;
    event.preventDefault();
    action(event);
  };
}

/** As {@link keys}, for a whole screen: silent while something lies over it. */
export function screenKeys(map: KeyMap): (event: KeyboardEvent) => void {
  const handle = keys(map);
  return (event) => {
    if (!isCovered()) handle(event);
  };
}
