/** What the broker calls itself in CONNECTED (STOMP 1.2 "CONNECTED or ERROR Frame", header server). */
export const SERVER = "skein/0.1.0";
