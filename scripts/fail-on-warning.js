/** Loaded into every test process: a warning of Node (leaked listeners, deprecated calls …) is thrown and fails the test. */
process.on("warning", (warning) => {
  throw warning;
});
