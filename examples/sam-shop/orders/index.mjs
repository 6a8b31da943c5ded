import { priceOf } from "/opt/lib/prices.mjs";

export const handler = async ({ queryStringParameters: query = {} }) => {
  const { item = "tea", count = "1" } = query;
  return { item, count: Number(count), total: priceOf(item) * Number(count), stage: process.env.STAGE };
};
