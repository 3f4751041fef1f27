// ?state=full|empty|started|failing|slow|offline|states|looking  &theme=dark|light  &place=settings|project/1|…
// &test=new or a run of tests.ts: the test email; &ended=2: a notice of a run that ended.
// &red=1: a mailbox turns red. What is typed into the wizards says what becomes of it: see engine.ts.
import "@fontsource-variable/inter/wght.css";
import "../src/styles/tokens.css";
import "../src/styles/base.css";
import { pretend, type Situation } from "./engine";

const asked = new URLSearchParams(location.search);
pretend((asked.get("state") ?? "full") as Situation, asked.get("theme") ?? "system");

const { mount } = await import("svelte");
const { default: App } = await import("../src/App.svelte");
const { placeNamed, router } = await import("../src/lib/router.svelte");
const place = asked.get("place");
if (place) router.replace(placeNamed(place));
const test = asked.get("test");
if (test) {
  const { sheets } = await import("../src/lib/sheets.svelte");
  sheets.open({ kind: "test-email", run: Number(test) || undefined });
}
mount(App, { target: document.getElementById("app") as HTMLElement });

const ended = asked.get("ended");
if (ended) {
  const { every } = await import("./tests");
  const { testNotices } = await import("../src/lib/test-notices.svelte");
  testNotices.all = every().filter((r) => r.id === Number(ended));
}
if (asked.has("red")) {
  const { emit } = await import("@tauri-apps/api/event");
  await emit("turned-red", {
    id: 10,
    email: "hello@lind-photo.example",
    sentence: "Microsoft no longer accepts the saved sign-in.",
  });
}
