/** What is done before anything live changes. */
export const prepareFlow = ["lock", "fetch", "build", "unlock"] as const;

/** What makes a prepared release live. `configure` has its place; nothing takes part in it yet. */
export const deployFlow = [
  "lock",
  "pre-deploy",
  "configure",
  "pre-link",
  "publish",
  "post-deploy",
  "check",
  "prune",
  "unlock",
] as const;

/** What makes the former release live again. */
export const rollbackFlow = ["lock", "publish", "post-deploy", "prune", "unlock"] as const;

/** What takes away what was prepared and is not wanted any more. */
export const abortFlow = ["lock", "prune", "unlock"] as const;

/** A named part of a flow. */
export const phases = [...new Set([...prepareFlow, ...deployFlow])] as [Phase, ...Phase[]];
export type Phase = (typeof prepareFlow | typeof deployFlow)[number];

/** The phases in which a script of the app may take part. */
export const scriptPhases = ["pre-deploy", "pre-link", "post-deploy"] as const;
export type ScriptPhase = (typeof scriptPhases)[number];
