// Reads the CSV in the event (or the orders.csv that comes with the function) and answers with a report.
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { max, mean, median, sum } from "simple-statistics";

export const handler = async (event, context) => {
  const csv = event.csv ?? (await readFile(new URL("orders.csv", import.meta.url), "utf8"));
  const orders = parse(csv, { columns: true, cast: true, skip_empty_lines: true });
  console.log(`read ${orders.length} orders, ${context.getRemainingTimeInMillis()} ms left`);
  return {
    orders: orders.length,
    revenue: round(sum(orders.map(total))),
    perCountry: report(orders, (order) => order.country),
    perProduct: report(orders, (order) => order.product),
  };
};

const total = (order) => order.quantity * order.price;
const round = (value) => Math.round(value * 100) / 100;

function report(orders, key) {
  const groups = Map.groupBy(orders, key);
  return [...groups]
    .map(([name, members]) => {
      const totals = members.map(total);
      return {
        name,
        orders: totals.length,
        revenue: round(sum(totals)),
        mean: round(mean(totals)),
        median: round(median(totals)),
        largest: round(max(totals)),
      };
    })
    .sort((a, b) => b.revenue - a.revenue);
}
