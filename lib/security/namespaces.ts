/** What a signature can be for (SSHSIG namespaces): one made for one purpose never serves another. */
export const namespaces = {
  /** A person, or a rule, asks for a deploy, a rollback, or the end of a rollout. */
  deploy: "deploy@skein",
  /** The orchestrator tells a host that its turn has come. */
  go: "go@skein",
  /** A person says who may log in at a site, and until when. */
  access: "access@skein",
  /** A second person agrees to what the first one asks for. */
  approve: "approve@skein",
  /** Whoever builds says that an artifact is theirs. */
  artifact: "artifact@skein",
  /** A host answers. */
  reply: "reply@skein",
} as const;
export type Namespace = (typeof namespaces)[keyof typeof namespaces];
