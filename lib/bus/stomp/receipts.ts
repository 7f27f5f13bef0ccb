import { Failure } from "../../failure.ts";

/** The frames of one connection that the broker has yet to confirm. */
export interface Receipts {
  /** A name for the receipt of the next frame, and its confirmation. */
  readonly next: () => { readonly id: string; readonly confirmed: Promise<void> };
  readonly confirm: (id: string) => void;
  readonly refuse: (id: string, failure: Failure) => void;
  /** The connection is lost: none of them will come. */
  readonly refuseAll: (failure: Failure) => void;
}

interface Pending {
  readonly confirm: () => void;
  readonly refuse: (failure: Failure) => void;
}

/** No receipts yet. `overdue` is told when one did not come within the timeout. */
export function receipts(timeout: number, overdue: () => void): Receipts {
  const pending = new Map<string, Pending>();
  let count = 0;

  const take = (id: string): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };

  return {
    next: () => {
      const id = `r${++count}`;
      const confirmed = new Promise<void>((resolve, reject) => {
        const timer = setTimeout(overdue, timeout);
        pending.set(id, {
          confirm: () => {
            clearTimeout(timer);
            resolve();
          },
          refuse: (failure) => {
            clearTimeout(timer);
            reject(failure);
          },
        });
      });
      return { id, confirmed };
    },
    confirm: (id) => take(id)?.confirm(),
    refuse: (id, failure) => take(id)?.refuse(failure),
    refuseAll: (failure) => {
      for (const id of pending.keys()) take(id)?.refuse(failure);
    },
  };
}
