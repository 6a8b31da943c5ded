const PRICES = { tea: 2.5, coffee: 3, cake: 4.2 };

export const items = () => Object.keys(PRICES);
export const priceOf = (item) => PRICES[item] ?? 0;
