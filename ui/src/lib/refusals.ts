import type { Refusal } from "./bindings";

/** Whatever a command threw, as a sentence that can be shown. */
export function asRefusal(thrown: unknown): Refusal {
  if (thrown && typeof thrown === "object" && "sentence" in thrown) {
    const r = thrown as Partial<Refusal>;
    return {
      code: r.code ?? "unknown",
      sentence: r.sentence || "Something went wrong.",
      server_said: r.server_said ?? null,
      field: r.field ?? null,
    };
  }
  const said = thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : null;
  return {
    code: "unknown",
    sentence: "Something went wrong inside Hatstand.",
    server_said: said,
    field: null,
  };
}
