/** Parcels to S3: PutObject under the name that Lambda gives to records of asynchronous invocations. */
import { Readable } from "node:stream";
import type { Carry, ParcelHeader } from "./target.ts";

export const putToBucket: Carry<"s3"> = async ({ client }, { header, payload }, { resource }) => {
  await client.call("PutObject", {
    Bucket: resource,
    Key: objectKey(header),
    Body: Readable.from([payload], { objectMode: false }),
    ContentLength: payload.byteLength,
    ContentType: "application/json",
  });
};

/** `aws/lambda/async/{function}/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-{uuid}`, in UTC. */
function objectKey({ functionName, endedAt, parcelId }: ParcelHeader): string {
  const time = new Date(endedAt).toISOString().slice(0, 19);
  const day = time.slice(0, 10).replaceAll("-", "/");
  return `aws/lambda/async/${functionName}/${day}/${time.replaceAll(":", ".")}-${parcelId}`;
}
