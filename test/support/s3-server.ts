import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Bucket } from "../../lib/effects/stores/s3.ts";
import { Secret } from "../../lib/schema/secret.ts";

const PROGRAM = fileURLToPath(new URL("s3-server.py", import.meta.url));

/** The keys of the server's only user. */
export const ACCESS_KEY = "AKIDEXAMPLE";
export const SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/** A server of S3's protocol that has one bucket, `builds`, in the region `eu-west-1`. */
export interface S3Server {
  readonly bucket: Bucket;
  readonly end: () => void;
}

/** Starts one, on a free port of loopback. */
export async function startS3(): Promise<S3Server> {
  // Debian's own: it has botocore.
  const child = spawn("/usr/bin/python3", [PROGRAM, ACCESS_KEY, SECRET_KEY, "eu-west-1", "builds"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const port of createInterface(child.stdout)) {
    const bucket: Bucket = {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: "builds",
      region: "eu-west-1",
      style: "path",
      encryption: "none",
      accessKey: new Secret(ACCESS_KEY),
      secretKey: new Secret(SECRET_KEY),
    };
    return { bucket, end: () => void child.kill("SIGKILL") };
  }
  throw new Error("The S3 server did not start");
}
