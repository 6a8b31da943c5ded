import { items, priceOf } from "/opt/lib/prices.mjs";

export const handler = async () => ({
  title: process.env.TITLE,
  lines: items().map((item) => `${item}: ${priceOf(item).toFixed(2)}`),
});
