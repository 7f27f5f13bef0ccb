/** What `refine` is given for a section that must say just one of several keys. */
export const justOne = <Key extends string>(...keys: readonly Key[]) =>
  [
    (given: Readonly<Partial<Record<Key, unknown>>>): boolean =>
      keys.filter((key) => given[key] !== undefined).length === 1,
    { error: `must have just one of ${keys.join(", ")}` },
  ] as const;
