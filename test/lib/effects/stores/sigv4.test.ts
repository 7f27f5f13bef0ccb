import { expect, test } from "vitest";
import { signedHeaders } from "../../../../lib/effects/stores/sigv4.ts";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** The key of all examples of Amazon's, and their day. */
const s3 = {
  accessKey: "AKIAIOSFODNN7EXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "s3",
  now: new Date("2013-05-24T00:00:00Z"),
};

const signatureOf = (headers: Readonly<Record<string, string>>) =>
  /Signature=(\w+)$/.exec(headers["authorization"] ?? "")?.[1];

/** "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", S3 API reference. */
test.each([
  {
    what: "GET of an object",
    method: "GET",
    url: "https://examplebucket.s3.amazonaws.com/test.txt",
    headers: { Range: "bytes=0-9" },
    payload: EMPTY,
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    what: "PUT of an object",
    method: "PUT",
    url: "https://examplebucket.s3.amazonaws.com/test%24file.text",
    headers: { Date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
    payload: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    what: "GET of the lifecycle of a bucket",
    method: "GET",
    url: "https://examplebucket.s3.amazonaws.com/?lifecycle=",
    headers: {},
    payload: EMPTY,
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    what: "list of objects",
    method: "GET",
    url: "https://examplebucket.s3.amazonaws.com/?prefix=J&max-keys=2",
    headers: {},
    payload: EMPTY,
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
])("signs Amazon's example as it says: $what", ({ method, url, headers, payload, signature }) => {
  const all = { ...headers, "x-amz-content-sha256": payload };
  expect(signatureOf(signedHeaders({ method, url: new URL(url), headers: all, payload }, s3))).toBe(
    signature,
  );
});

/** The suite "aws-sig-v4-test-suite", which is about another service. */
test.each([
  ["GET", "/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["POST", "/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
  [
    "GET",
    "/?Param2=value2&Param1=value1",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
])("signs the suite's %s of %s", (method, path, signature) => {
  const signing = {
    accessKey: "AKIDEXAMPLE",
    secretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    region: "us-east-1",
    service: "service",
    now: new Date("2015-08-30T12:36:00Z"),
  };
  const url = new URL(`https://example.amazonaws.com${path}`);
  expect(signatureOf(signedHeaders({ method, url, headers: {}, payload: EMPTY }, signing))).toBe(signature);
});
