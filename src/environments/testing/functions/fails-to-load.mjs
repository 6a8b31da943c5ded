console.log("loading badly");
throw new RangeError("never loads");
