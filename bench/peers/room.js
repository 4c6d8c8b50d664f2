// Node's socket.io: the same room and the same message.
const { Server } = require("socket.io");
const http = require("http");
const MESSAGE = { t: "order", id: 123456, status: "shipped", note: "x".repeat(100) };
const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://x");
  if (url.pathname === "/emit") for (let n = 0; n < +url.searchParams.get("n"); n++) io.to("r").emit("m", MESSAGE);
  if (!url.pathname.startsWith("/socket.io")) response.end("ok");
});
const io = new Server(server, { transports: ["websocket"], perMessageDeflate: false });
io.on("connection", (socket) => socket.on("join", (answer) => { socket.join("r"); answer("joined"); }));
server.listen(+process.env.PORT, "127.0.0.1", 2048);
