// SPDX-License-Identifier: Apache-2.0
// How Node's http frames what comes on connections: node node_framing.mjs requests|responses <CASES
// Cases and lines as of http1_framing.cpp; only what Node shows of a message.
import { createServer, request as send } from 'node:http';
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';

const AT_ONCE = 50;
const TURNS = 12;              // of the event loop, after which nothing moves any more

function* cases() {
    const input = readFileSync(0);
    for (let at = 0; at + 5 <= input.length;) {
        const size = input.readUInt32LE(at);
        yield { bytes: input.subarray(at + 5, at + 5 + size), toHead: input[at + 4] === 'H'.charCodeAt(0) };
        at += 5 + size;
    }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

class Connection extends Duplex {
    constructor() {
        super();
        this.messages = [];
        this.result = { end: 'clean' };
    }
    _read() {}
    _write(_data, _encoding, done) { done(); }
    setTimeout() { return this; }
    setNoDelay() { return this; }
    setKeepAlive() { return this; }
    ref() { return this; }
    unref() { return this; }
}

function record(message, picture, connection) {
    picture.fields = message.rawHeaders;
    const parts = [];
    message.on('data', (data) => parts.push(data));
    message.on('error', () => {});
    connection.messages.push({
        message,
        show: () => ({
            ...picture, body: Buffer.concat(parts).toString('latin1'), complete: message.complete,
            trailers: message.rawTrailers,
        }),
    });
}

function told({ messages, result }) {
    const shown = messages.map(({ show }) => show());
    if (result.end === 'clean' && shown.length > 0 && !shown.at(-1).complete) result.end = 'incomplete';
    return JSON.stringify({ messages: shown, ...result });
}

function refuse(connection, why) {
    if (connection.result.end === 'clean') connection.result = { end: 'refused', why };
}

// ---- Requests, as a server gets them

const server = createServer({ keepAlive: false, insecureHTTPParser: false });
server.timeout = server.headersTimeout = server.requestTimeout = server.keepAliveTimeout = 0;
for (const event of ['request', 'checkContinue', 'checkExpectation'])
    server.on(event, (request, response) => {
        record(request, { method: request.method, target: request.url }, request.socket);
        // Node answers no request without Host by itself.
        request.on('end', () => response.end());
    });
server.on('connect', (_request, connection) => refuse(connection, 'CONNECT'));
server.on('clientError', (error, connection) => refuse(connection, error.code));

async function serve({ bytes }) {
    const connection = new Connection();
    connection.on('error', () => {});
    server.emit('connection', connection);
    connection.push(bytes);
    for (let i = 0; i < TURNS; i += 1) await turn();
    const line = told(connection);
    connection.destroy();
    return line;
}

// ---- Responses, as a client gets them

async function ask({ bytes, toHead }) {
    const connection = new Connection();
    const request = send({ method: toHead ? 'HEAD' : 'GET', host: 'shop.test', insecureHTTPParser: false,
                           createConnection: () => connection });
    request.on('error', (error) => {
        // What the end of the connection cuts is incomplete, not wrong.
        if (error.code === 'ECONNRESET') connection.result = { end: 'incomplete' };
        else refuse(connection, error.code);
    });
    request.on('information', ({ statusCode: status, statusMessage: phrase, rawHeaders: fields }) =>
        connection.messages.push({ show: () => ({ status, phrase, fields, body: '', complete: true, trailers: [] }) }));
    request.on('upgrade', (response, socket) => {
        record(response, { status: response.statusCode, phrase: response.statusMessage }, connection);
        connection.result = { end: 'upgrade' };
        socket.destroy();
    });
    request.on('response', (response) =>
        record(response, { status: response.statusCode, phrase: response.statusMessage }, connection));
    request.end();
    await turn();
    connection.push(bytes);
    for (let i = 0; i < TURNS; i += 1) await turn();
    connection.push(null);
    for (let i = 0; i < TURNS; i += 1) await turn();
    const line = told(connection);
    request.destroy();
    return line;
}

const frame = process.argv[2] === 'requests' ? serve : ask;
const all = [...cases()];
for (let at = 0; at < all.length; at += AT_ONCE)
    console.log((await Promise.all(all.slice(at, at + AT_ONCE).map(frame))).join('\n'));
process.exit(0);
