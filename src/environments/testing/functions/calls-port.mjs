import { connect } from "node:net";

export async function handler({ port, say }) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(say));
    socket.on("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.on("error", (error) => resolve(error.code));
  });
}
