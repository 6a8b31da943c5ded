let invocations = 0;
const loaded = Math.random();

export async function handler(event, context) {
  invocations += 1;
  return { event, requestId: context.awsRequestId, invocations, loaded };
}
