import { z } from "zod";

const PATTERN = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

/** A time of each day, in minutes after midnight by the clock of this machine. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** `22:00-04:30` */
export const window = z
  .string()
  .regex(PATTERN, { error: "must be a time of day such as 02:00-04:30" })
  .transform((text): Window => {
    const [, fromHour, fromMinute, toHour, toMinute] = PATTERN.exec(text) ?? [];
    return {
      from: Number(fromHour) * 60 + Number(fromMinute),
      to: Number(toHour) * 60 + Number(toMinute),
    };
  });

/** Whether it is that time; one that ends before it begins goes over midnight. */
export function isWithin({ from, to }: Window, now: Date): boolean {
  const minute = now.getHours() * 60 + now.getMinutes();
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}
