import { emit } from "@tauri-apps/api/event";
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Draft, DraftInput } from "../../lib/bindings";
import { sending } from "../../lib/sending.svelte";
import { sheets } from "../../lib/sheets.svelte";
import { toasts } from "../../lib/toasts.svelte";
import { writing, type WritingStart } from "../../lib/writing.svelte";
import SendingBars from "../../kit/SendingBars.svelte";
import Composer from "./Composer.svelte";
import { LATEST_MS } from "./form.svelte";
import { askedFor, draft, engine, people, refusal, row } from "./testing/mails";

beforeEach(() => {
  document.body.innerHTML = '<main id="main"></main>';
});
afterEach(() => {
  sending.all.forEach((r) => sending.drop(r.id));
  toasts.all.forEach((t) => toasts.drop(t.id));
  sheets.close();
});

const mail = { answers: null, all: false, project_id: null, contact_ids: [] };
async function open(
  more: Partial<Draft> = {},
  answers: Parameters<typeof engine>[0] = {},
  look: "below" | "sheet" = "below",
) {
  const asked = engine({
    begin_mail: () => draft(more),
    draft: () => draft(more),
    save_draft: () => 1,
    templates: () => [],
    people_named: () => [],
    send_mail: () => row({ state: "sending" }),
    ...answers,
  });
  const onclose = vi.fn();
  const view = render(Composer, { start: { mail }, look, onclose });
  await screen.findByTestId("editor");
  return { asked, onclose, view, person: userEvent.setup() };
}
const write = async (html: string) => {
  const editor = screen.getByTestId("editor");
  editor.innerHTML = html;
  await fireEvent.input(editor);
};
const saves = (asked: Parameters<typeof askedFor>[0]) =>
  askedFor(asked, "save_draft").map((a) => a.draft as DraftInput);

test("what is typed is saved by itself, once for a whole word", async () => {
  const { asked, person } = await open({ to: people });
  await person.type(screen.getByLabelText("Subject"), "Timeline");
  expect(screen.getByTestId("saved")).toHaveTextContent("Saving…");
  await vi.waitFor(() => expect(screen.getByTestId("saved")).toHaveTextContent("Saved"));
  expect(saves(asked).map((d) => d.subject)).toEqual(["Timeline"]);
});

test("leaving a field saves at once", async () => {
  const { asked, person } = await open({ to: people });
  await person.type(screen.getByLabelText("Subject"), "T");
  expect(saves(asked)).toHaveLength(0);
  await person.tab();
  await vi.waitFor(() => expect(saves(asked)).toHaveLength(1));
});

test("a save that failed says so, and the next one makes it good", async () => {
  let full = true;
  const { asked, person } = await open(
    { to: people },
    {
      save_draft: () => {
        if (full) throw refusal("The disk is full.");
        return 1;
      },
    },
  );
  await person.type(screen.getByLabelText("Subject"), "T");
  await person.tab();
  expect(await screen.findByText("Not saved: The disk is full.")).toBeVisible();
  full = false;
  await person.type(screen.getByLabelText("Subject"), "U");
  await person.tab();
  expect(await screen.findByText("Saved")).toBeVisible();
  expect(saves(asked).at(-1)?.subject).toBe("TU");
});

test("Ctrl+Enter saves the last letters and sends", async () => {
  const { asked, onclose, person } = await open({ to: people });
  await person.type(screen.getByLabelText("Subject"), "Timeline");
  await write("<p>Half past three</p>");
  await fireEvent.keyDown(screen.getByTestId("editor"), { key: "Enter", ctrlKey: true });
  await vi.waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(saves(asked).at(-1)).toMatchObject({ subject: "Timeline" });
  expect(saves(asked).at(-1)?.html).toContain("Half past three");
  expect(askedFor(asked, "send_mail")).toEqual([{ id: 7, at: null }]);
});

test.each([{ isComposing: true }, { keyCode: 229 }])(
  "Enter that ends an input method's composition sends nothing, in no field: %o",
  async (composing) => {
    const { asked, onclose, person } = await open({ to: people, cc: people, bcc: people });
    const fields = [
      screen.getByLabelText("Subject"),
      screen.getByTestId("editor"),
      ...["To", "Cc", "Bcc"].map((name) => screen.getByRole("combobox", { name })),
    ];
    for (const field of fields) {
      await fireEvent.keyDown(field, { key: "Enter", ctrlKey: true, ...composing });
      await fireEvent.keyDown(field, { key: "Enter", ...composing });
    }
    await person.click(screen.getByLabelText("Subject"));
    expect(askedFor(asked, "send_mail")).toEqual([]);
    expect(onclose).not.toHaveBeenCalled();
  },
);

test("a refusal stands at the field that is to blame, and everything typed stays", async () => {
  const { onclose, person } = await open(
    {},
    {
      send_mail: () => {
        throw refusal("Who is it for? Write at least one address.", "to");
      },
    },
  );
  await person.type(screen.getByLabelText("Subject"), "Timeline");
  await person.click(screen.getByTestId("send"));
  const to = screen.getByRole("combobox", { name: "To" });
  await vi.waitFor(() =>
    expect(to).toHaveAccessibleDescription("Who is it for? Write at least one address."),
  );
  expect(to).toBeInvalid();
  expect(to).toHaveFocus();
  expect(screen.getByLabelText("Subject")).toHaveValue("Timeline");
  expect(onclose).not.toHaveBeenCalled();
});

test("a refusal that blames a hidden field shows it; one that blames none stands at the foot", async () => {
  const answers = [refusal("No such address.", "bcc"), refusal("This mailbox does not send.")];
  const { person } = await open(
    { to: people },
    {
      send_mail: () => {
        throw answers.shift();
      },
    },
  );
  await person.click(screen.getByTestId("send"));
  expect(await screen.findByRole("combobox", { name: "Bcc" })).toHaveAccessibleDescription(
    "No such address.",
  );
  await person.click(screen.getByTestId("send"));
  expect(await screen.findByTestId("not-sent")).toHaveTextContent("This mailbox does not send.");
});

test("an address that was typed and not finished is sent to", async () => {
  const { asked, onclose, person } = await open();
  await person.type(screen.getByRole("combobox", { name: "To" }), "ines@moreau.example");
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(saves(asked).at(-1)?.to).toEqual([{ name: "", address: "ines@moreau.example" }]);
});

test("closing keeps what was typed, and an untouched mail leaves nothing behind", async () => {
  const first = await open();
  await first.person.click(screen.getByRole("button", { name: "Close" }));
  await vi.waitFor(() => expect(first.onclose).toHaveBeenCalled());
  expect(askedFor(first.asked, "discard_draft")).toEqual([{ id: 7 }]);
  first.view.unmount();

  const second = await open();
  await second.person.type(screen.getByLabelText("Subject"), "T");
  await second.person.click(screen.getByRole("button", { name: "Close" }));
  await vi.waitFor(() => expect(second.onclose).toHaveBeenCalled());
  expect(saves(second.asked)).toHaveLength(1);
  expect(askedFor(second.asked, "discard_draft")).toEqual([]);
});

test("going to another screen in the middle of a word loses nothing", async () => {
  const { asked, view, person } = await open();
  await person.type(screen.getByLabelText("Subject"), "Tim");
  view.unmount();
  await vi.waitFor(() => expect(saves(asked).map((d) => d.subject)).toEqual(["Tim"]));
});

test("Discard asks only when something was typed", async () => {
  const { asked, onclose, person } = await open();
  await person.type(screen.getByLabelText("Subject"), "T");
  await person.click(screen.getByRole("button", { name: "Discard" }));
  expect(askedFor(asked, "discard_draft")).toEqual([]);
  await person.click(screen.getByRole("button", { name: "Keep writing" }));
  await person.click(screen.getByRole("button", { name: "Discard" }));
  await person.click(screen.getByTestId("discard-really"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(askedFor(asked, "discard_draft")).toEqual([{ id: 7 }]);
});

test("another address under From brings its signature", async () => {
  const { asked, person } = await open({ to: people });
  screen.getByTestId("from").focus();
  await person.keyboard("{Enter}");
  await person.click(await screen.findByText("Studio Lind <studio@lind.example>"));
  expect(within(screen.getByTestId("editor")).getByText("Studio Lind")).toBeVisible();
  expect(within(screen.getByTestId("editor")).queryByText("Nora")).toBeNull();
  await vi.waitFor(() => expect(saves(asked).at(-1)).toMatchObject({ from: "studio@lind.example" }));
  expect(saves(asked).at(-1)?.html).toContain("Studio Lind");
});

test("the quoted mail is folded away and sent all the same", async () => {
  const { asked, person } = await open({
    html: '<p>Hi</p><div class="quote"><p>Amara wrote:</p></div>',
    answered: { message_id: 2, thread_id: 1, who: "Amara Okafor" },
    to: people,
  });
  expect(screen.getByRole("group", { name: "Reply to Amara Okafor" })).toBeVisible();
  expect(screen.queryByText("Amara wrote:")).toBeNull();
  await person.type(screen.getByLabelText("Subject"), "x");
  await vi.waitFor(() => expect(saves(asked).at(-1)?.html).toContain("Amara wrote:"));
  await person.click(screen.getByRole("button", { name: "Show quoted text" }));
  expect(screen.getByText("Amara wrote:")).toBeVisible();
});

test("a template is filled in, and what it lacks is said", async () => {
  const { asked, person } = await open(
    { to: people },
    {
      templates: () => [{ id: 3, title: "First answer", subject: "s", html: "h" }],
      fill_template: () => ({
        subject: "Your enquiry",
        html: "<p>Hello Amara, about {project}</p>",
        missing: ["project"],
      }),
    },
  );
  await person.click(screen.getByTestId("templates"));
  await person.click(await screen.findByTestId("template-item"));
  expect(await screen.findByText("Hello Amara, about {project}")).toBeVisible();
  expect(screen.getByLabelText("Subject")).toHaveValue("Your enquiry");
  expect(screen.getByTestId("missing")).toHaveTextContent("{project} could not be filled in");
  expect(askedFor(asked, "fill_template")).toEqual([{ id: 3, draftId: 7 }]);
  await vi.waitFor(() => expect(saves(asked).at(-1)?.html).toContain("Hello Amara"));
});

test("dropped files are attached, and one too many is said before sending", async () => {
  const files = {
    files: [{ id: 1, name: "film.mov", media_type: "video/quicktime", size: 40_000_000 }],
    too_large: "The mail is 54 MB, and smtp.lind.example takes 25 MB at most.",
  };
  const { asked, person } = await open(
    {},
    { attach_dropped: () => files, remove_file: () => ({ files: [], too_large: null }) },
  );
  await emit("files-over", { over: true });
  expect(await screen.findByTestId("drop-veil")).toBeVisible();
  await emit("files-dropped", { drop: 5, names: ["film.mov"] });
  expect(await screen.findByText("film.mov")).toBeVisible();
  expect(screen.queryByTestId("drop-veil")).toBeNull();
  expect(screen.getByTestId("too-large")).toHaveTextContent("takes 25 MB at most");
  expect(askedFor(asked, "attach_dropped")).toEqual([{ id: 7, drop: 5 }]);
  await person.click(screen.getByRole("button", { name: "Remove film.mov" }));
  await vi.waitFor(() => expect(screen.queryByTestId("too-large")).toBeNull());
});

test("after Send it can be taken back, and is opened again", async () => {
  const send_at = Date.now() + 10_000;
  const { asked, onclose, person } = await open(
    { to: people },
    { send_mail: () => row({ state: "undoable", send_at }), undo_send: () => null },
  );
  render(SendingBars);
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(await screen.findByTestId("countdown")).toHaveTextContent(/Sending in \d+ s/);
  await person.click(screen.getByRole("button", { name: "Undo sending" }));
  await vi.waitFor(() => expect(askedFor(asked, "undo_send")).toEqual([{ id: 7 }]));
  expect(sheets.shown).toEqual({ kind: "compose", start: { draft: 7 } });
  expect(screen.queryByTestId("countdown")).toBeNull();
});

test("with no time to undo there is no countdown", async () => {
  const { onclose, person } = await open({ to: people }, { send_mail: () => row({ state: "waiting" }) });
  render(SendingBars);
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(screen.queryByTestId("countdown")).toBeNull();
  // Its row says how it stands; nothing beside it claims more.
  expect(toasts.all).toEqual([]);
});

test("it can be sent later, at a moment that is offered", async () => {
  const { asked, onclose, person } = await open(
    { to: people },
    { send_mail: ({ at }: { at: number }) => row({ state: "scheduled", send_at: at }) },
  );
  await person.click(screen.getByTestId("send-later"));
  await person.click(await screen.findByTestId("later-tomorrow"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  const at = askedFor(asked, "send_mail")[0]?.at as number;
  expect(at).toBeGreaterThan(Date.now());
  expect(new Date(at).getHours()).toBe(8);
  expect(toasts.all.at(-1)?.sentence).toContain("tomorrow at 08:00");
});

const oneFile = {
  files: [{ id: 1, name: "contract.pdf", media_type: "application/pdf", size: 120_000 }],
  too_large: null,
};
/** Files whose attaching ends when the test says so. */
function slowFiles() {
  let done: (files: unknown) => void = () => undefined;
  let broken: (why: unknown) => void = () => undefined;
  const answer = new Promise<unknown>((resolve, reject) => ([done, broken] = [resolve, reject]));
  return { attach_files: () => answer, done: () => done(oneFile), broken: (why: unknown) => broken(why) };
}

test("Send waits for a file that is still being attached", async () => {
  const { done, attach_files } = slowFiles();
  const { asked, onclose, person } = await open({ to: people }, { attach_files });
  await person.click(screen.getByTestId("attach"));
  await person.type(screen.getByLabelText("Subject"), "Contract");
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(saves(asked).at(-1)?.subject).toBe("Contract"));
  await new Promise((soon) => setTimeout(soon));
  expect(askedFor(asked, "send_mail")).toEqual([]);
  done();
  await vi.waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(asked.map((a) => a.command).filter((c) => c === "attach_files" || c === "send_mail")).toEqual([
    "attach_files",
    "send_mail",
  ]);
});

test("a file that could not be attached is said at the files, and nothing goes out before the next Send", async () => {
  const { broken, attach_files } = slowFiles();
  const { asked, onclose, person } = await open({ to: people }, { attach_files });
  await person.click(screen.getByTestId("attach"));
  await person.click(screen.getByTestId("send"));
  broken(refusal("contract.pdf could not be read."));
  expect(await screen.findByRole("alert")).toHaveTextContent("contract.pdf could not be read.");
  expect(askedFor(asked, "send_mail")).toEqual([]);
  expect(onclose).not.toHaveBeenCalled();
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(askedFor(asked, "send_mail")).toHaveLength(1));
});

test("a new mail that is closed while a file is attached keeps it, and throws nothing away", async () => {
  const { done, attach_files } = slowFiles();
  const { asked, onclose, person } = await open({}, { attach_files });
  await person.click(screen.getByTestId("attach"));
  await person.click(screen.getByRole("button", { name: "Close" }));
  await new Promise((soon) => setTimeout(soon));
  done();
  await vi.waitFor(() => expect(onclose).toHaveBeenCalledOnce());
  expect(askedFor(asked, "discard_draft")).toEqual([]);
});

test("on another screen meanwhile, a mail that waits for its file goes all the same, once", async () => {
  const { done, attach_files } = slowFiles();
  const { asked, view, person } = await open({ to: people }, { attach_files });
  await person.click(screen.getByTestId("attach"));
  await person.click(screen.getByTestId("send"));
  view.unmount();
  done();
  await vi.waitFor(() => expect(askedFor(asked, "send_mail")).toEqual([{ id: 7, at: null }]));
  expect(askedFor(asked, "discard_draft")).toEqual([]);
});

test("steady typing is saved while it goes on", async () => {
  const { asked } = await open({ to: people });
  vi.useFakeTimers();
  try {
    const subject = screen.getByLabelText("Subject");
    for (let i = 1; i <= 40; i++) {
      await fireEvent.input(subject, { target: { value: "x".repeat(i) } });
      await vi.advanceTimersByTimeAsync(250);
    }
    const lengths = saves(asked).map((d) => d.subject.length);
    expect(lengths.length).toBeGreaterThanOrEqual(3);
    expect(lengths[0]).toBeLessThanOrEqual(LATEST_MS / 250 + 1);
  } finally {
    vi.useRealTimers();
  }
});

test("a draft whose address is gone takes the only one that is left, with its signature, and says so", async () => {
  const { asked, onclose, person } = await open({
    to: people,
    from: "old@lind.example",
    from_choices: draft().from_choices.slice(1),
  });
  expect(screen.getByTestId("from")).toHaveTextContent("Studio Lind <studio@lind.example>");
  expect(screen.getByTestId("from-lost")).toHaveTextContent(
    "Hatstand can no longer send from old@lind.example, so this mail goes from studio@lind.example.",
  );
  await person.click(screen.getByTestId("send"));
  await vi.waitFor(() => expect(onclose).toHaveBeenCalled());
  expect(saves(asked).at(-1)).toMatchObject({ from: "studio@lind.example" });
  expect(saves(asked).at(-1)?.html).toContain("Studio Lind");
  expect(saves(asked).at(-1)?.html).not.toContain("Nora");
});

test("of several addresses that are left the person chooses", async () => {
  const { asked, person } = await open({ to: people, from: "old@lind.example" });
  expect(screen.getByTestId("from")).toHaveTextContent("Choose an address");
  expect(screen.getByTestId("from")).toHaveAccessibleDescription(/no longer send from old@lind.example/);
  expect(saves(asked)).toEqual([]);
  screen.getByTestId("from").focus();
  await person.keyboard("{Enter}");
  await person.click(await screen.findByText("Studio Lind <studio@lind.example>"));
  await vi.waitFor(() => expect(saves(asked).at(-1)).toMatchObject({ from: "studio@lind.example" }));
});

const answers = (message: number, all = false): WritingStart => ({
  mail: { ...mail, answers: message, all },
  thread: 4,
});
const answering = (id: number, message: number, more: Partial<Draft> = {}) =>
  draft({
    id,
    answered: { message_id: message, thread_id: 4, who: "Amara" },
    to: people.slice(0, 1),
    ...more,
  });
test.each<[string, WritingStart, Draft[], number]>([
  ["goes on with the draft of the same message", answers(9), [answering(20, 8), answering(21, 9)], 21],
  ["begins a new one when the draft answers another message", answers(9), [answering(20, 8)], 7],
  ["begins a new one to all when the draft goes to one", answers(9, true), [answering(21, 9)], 7],
  ["goes on with the one to all", answers(9, true), [answering(21, 9, { cc: people.slice(1) })], 21],
])("Reply in a thread with a draft %s", async (_, start, drafts, opened) => {
  const asked = engine({
    outbox: () => ({ waiting: [], drafts: drafts.map((d) => row({ id: d.id, thread_id: 4 })) }),
    draft: ({ id }: { id: number }) => drafts.find((d) => d.id === id),
    begin_mail: () => answering(7, 9),
    templates: () => [],
  });
  const { unmount } = render(Composer, { start, look: "below", onclose: vi.fn() });
  await screen.findByTestId("editor");
  expect(writing.open).toEqual([opened]);
  expect(askedFor(asked, "begin_mail")).toHaveLength(opened === 7 ? 1 : 0);
  unmount();
  await vi.waitFor(() => expect(writing.open).toEqual([]));
  // What was there before is never thrown away by closing it.
  expect(askedFor(asked, "discard_draft")).toHaveLength(opened === 7 ? 1 : 0);
});
