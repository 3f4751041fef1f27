import { clearMocks } from "@tauri-apps/api/mocks";
import { render, screen } from "@testing-library/svelte";
import { afterEach, expect, test } from "vitest";
import type { OutgoingRow } from "../../lib/bindings";
import { engine, row } from "../compose/testing/mails";
import OutboxPage from "./OutboxPage.svelte";

afterEach(() => clearMocks());

test.each<[string, OutgoingRow[]]>([
  ["Drafts", []],
  ["Outbox", [row({ id: 8, state: "waiting" })]],
])("it is titled %s, as in the sidebar", async (title, waiting) => {
  engine({ outbox: () => ({ waiting, drafts: [row()] }) });
  render(OutboxPage);
  expect(await screen.findByRole("article", { name: "Draft: Timeline" })).toBeVisible();
  expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent(title);
});
