import { connect } from "node:net";

/** How long a connection must hold: the proxy of a published port takes it at once, and lets go where nothing listens behind it. */
const HOLDS = 150;

/** Whether somebody takes a connection, and keeps it; what is wrong where nobody does. */
export function tcpTrouble(host: string, port: number, deadline: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (why: string | undefined) => () => {
      clearTimeout(timer);
      clearTimeout(holding);
      socket.destroy();
      resolve(why);
    };
    const timer = setTimeout(end(`no connection within ${deadline} ms`), deadline);
    let holding: NodeJS.Timeout | undefined;
    socket.once("error", (error) => end(error.message)());
    socket.once("end", end("it closes connections at once"));
    // Whoever speaks first is there.
    socket.once("data", end(undefined));
    socket.once("connect", () => {
      clearTimeout(timer);
      holding = setTimeout(end(undefined), HOLDS);
    });
  });
}
