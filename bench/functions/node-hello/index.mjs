export const handler = async () => "hello";

/** Holds its environment for a while, until the function's configuration says that it may go on. */
export const hold = async () => {
  if (process.env.GO === undefined) await new Promise((resolve) => setTimeout(resolve, 5000));
};
