// SPDX-License-Identifier: Apache-2.0
// An application with WebSockets (npm ws), an event stream and trailers: node stream_app.mjs PORT|PATH
// Prints where it listens as its first line.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const closes = new Map();      // id of a socket -> how it ended, or who waits for that
const events = { first: 1, acknowledged: 0, streams: 0, waiting: new Set(), opened: [] };

function told(id, value) {
    const waiting = closes.get(id);
    closes.set(id, value);
    if (typeof waiting === 'function') waiting(value);
}

// Sends one event, and the next only when the caller has acknowledged it: whoever buffers waits for ever.
function serveEvents(request, response, query) {
    const most = Number(query.get('most') ?? 5);               // events of one connection
    const rest = Number(query.get('rest') ?? 0);               // ms of silence before each of them
    const last = Number(request.headers['last-event-id'] ?? 0);
    events.opened.push(last);
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.write('retry: 20\n\n');
    let number = last;
    const next = () => {
        if (number - last === most) return query.get('how') === 'destroy' ? response.destroy() : response.end();
        number += 1;
        const send = () => response.write(`id: ${number}\ndata: event ${number}\n\n`);
        return rest ? setTimeout(send, rest) : send();
    };
    const acknowledged = (id) => { if (id === number) next(); };
    events.waiting.add(acknowledged);
    response.on('close', () => events.waiting.delete(acknowledged));
    next();
}

function text(request, then) {
    const parts = [];
    request.on('data', (data) => parts.push(data));
    request.on('end', () => then(Buffer.concat(parts).toString()));
}

const routes = {
    '/': (_, response) => response.end('hello'),
    '/closes': (_, response, query) => {
        const answer = (value) => response.end(JSON.stringify(value));
        const id = query.get('id');
        if (closes.has(id)) answer(closes.get(id));
        else closes.set(id, answer);
    },
    '/events': serveEvents,
    '/events/acknowledge': (request, response) => text(request, (id) => {
        for (const acknowledged of [...events.waiting]) acknowledged(Number(id));
        response.end();
    }),
    '/events/opened': (_, response) => response.end(JSON.stringify(events.opened.splice(0))),
    '/trailers': (request, response) => text(request, (body) => {
        response.writeHead(200, { Trailer: 'X-Sum, X-Request-Id' });
        response.write(JSON.stringify({ te: request.headers.te, body, trailers: request.rawTrailers }));
        response.addTrailers([['X-Sum', 'abc'], ['X-Sum', 'def'], ['X-Request-Id', 'forged']]);
        response.end();
    }),
};

const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://app');
    const route = routes[url.pathname];
    if (route) return route(request, response, url.searchParams);
    response.writeHead(404);
    response.end('no such page');
});

const conversations = {
    '/echo': (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
    '/greets': (socket) => socket.send('first'),               // in one packet with the 101, mostly
    '/pings': (socket) => {
        socket.on('pong', (data) => socket.send(`pong ${data}`));
        socket.on('message', (data) => socket.ping(data));
    },
    '/closes-with': (socket, query) => socket.close(Number(query.get('code')), query.get('reason')),
    '/breaks': (socket) => socket.terminate(),
    '/pieces': (socket) => socket.on('message', (data) => {    // each message comes back in fragments of 7 bytes
        for (let at = 0; at < data.length; at += 7)
            socket.send(data.subarray(at, at + 7), { binary: true, fin: at + 7 >= data.length });
    }),
    '/floods': (socket, query) => {
        const block = Buffer.alloc(64 * 1024, 'f');
        for (let sent = 0; sent < Number(query.get('blocks')); sent += 1) socket.send(block);
        socket.close(1000, 'all');
    },
};

for (const deflate of [false, true]) {
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: deflate });
    server.on('upgrade', (request, connection, head) => {
        const url = new URL(request.url, 'http://app');
        if (url.searchParams.has('deflate') !== deflate) return;
        const converse = conversations[url.pathname];
        if (!converse) {
            const body = 'no such socket';
            const fields = `Content-Length: ${body.length}\r\nConnection: close`;
            connection.end(`HTTP/1.1 403 Forbidden\r\n${fields}\r\n\r\n${body}`);
            return;
        }
        sockets.handleUpgrade(request, connection, head, (socket) => {
            const id = url.searchParams.get('id');
            socket.on('error', () => {});
            socket.on('close', (code, reason) => { if (id) told(id, { code, reason: reason.toString() }); });
            converse(socket, url.searchParams);
        });
    });
}

const where = process.argv[2] ?? '0';
if (where.startsWith('/')) server.listen(where, () => console.log(where));
else server.listen(Number(where), '127.0.0.1', () => console.log(server.address().port));
