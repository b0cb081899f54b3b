// SPDX-License-Identifier: Apache-2.0
// Talks to stream_app.mjs through the sidecar by WebSocket: node websocket_caller.mjs http://127.0.0.1:PORT [PART]
import { once } from 'node:events';
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { expect, run, within } from './check.mjs';

const base = process.argv[2];
const SECONDS = 20;
let ids = 0;

function open(path, options = {}) {
    const socket = new WebSocket(base.replace('http', 'ws') + path, { perMessageDeflate: false, ...options });
    // Messages may come before anybody asks for them.
    const arrived = [];
    let wake = () => {};
    socket.on('message', (data, binary) => { arrived.push({ data, binary }); wake(); });
    socket.next = async (what) => {
        if (arrived.length === 0) await within(SECONDS, what, new Promise((resolve) => { wake = resolve; }));
        return arrived.shift();
    };
    socket.ended = once(socket, 'close').then(([code, reason]) => ({ code, reason: reason.toString() }));
    socket.ended.catch(() => {});
    socket.on('error', () => {});
    return socket;
}

async function opened(path, options) {
    const socket = open(path, options);
    await within(SECONDS, `open ${path}`, once(socket, 'open'));
    return socket;
}

async function page(path) {
    const [response] = await within(SECONDS, path, once(get(base + path), 'response'));
    const parts = [];
    for await (const part of response) parts.push(part);
    return JSON.parse(Buffer.concat(parts));
}

const pattern = (size) => Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));

async function echo(socket, what, data) {
    socket.send(data);
    const back = await socket.next(what);
    expect(`${what} binary`, back.binary, typeof data !== 'string');
    expect(what, Buffer.from(data).equals(back.data), true);
}

async function close(socket) {
    socket.close(1000);
    await within(SECONDS, 'close', socket.ended);
}

async function messages() {
    for (const suffix of ['', '?deflate']) {
        const socket = await opened(`/echo${suffix}`, { perMessageDeflate: suffix !== '' });
        for (const size of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
            await echo(socket, `text ${size}${suffix}`, 'ä'.repeat(size / 2));
            await echo(socket, `binary ${size}${suffix}`, pattern(size));
        }
        await close(socket);
    }
    const socket = await opened('/echo', { maxPayload: 64_000_000 });
    await echo(socket, 'a large message', pattern(20_000_000));
    await close(socket);
}

async function fragments() {
    const socket = await opened('/echo');
    for (const part of ['one ', 'two ', 'thr']) socket.send(part, { fin: false });
    socket.send('ee', { fin: true });
    expect('fragments up', (await socket.next('fragments')).data.toString(), 'one two three');
    await close(socket);
    const other = await opened('/pieces');
    other.send(pattern(1000));
    expect('fragments down', pattern(1000).equals((await other.next('pieces')).data), true);
    await close(other);
}

async function pings() {
    const socket = await opened('/pings');
    socket.ping('from the caller');
    const [pong] = await within(SECONDS, 'a pong', once(socket, 'pong'));
    expect('pong', pong.toString(), 'from the caller');
    socket.send('from the app');
    expect('ping', (await socket.next('a pong at the app')).data.toString(), 'pong from the app');
    await close(socket);
}

async function closes() {
    for (const [code, reason] of [[1000, 'done'], [1001, ''], [4001, 'ä reason of our own']]) {
        const id = `close${ids += 1}`;
        const socket = await opened(`/echo?id=${id}`);
        socket.close(code, reason);
        expect(`closed here with ${code}`, await within(SECONDS, 'close', socket.ended), { code, reason });
        expect(`the app saw ${code}`, await page(`/closes?id=${id}`), { code, reason });
        const query = new URLSearchParams({ code, reason });
        const other = await opened(`/closes-with?${query}`);
        expect(`closed there with ${code}`, await within(SECONDS, 'close', other.ended), { code, reason });
    }
    const id = `broken${ids += 1}`;
    (await opened(`/echo?id=${id}`)).terminate();
    expect('the app saw a break', (await page(`/closes?id=${id}`)).code, 1006);
    const broken = open('/breaks');
    expect('the caller saw a break', (await within(SECONDS, 'a break', broken.ended)).code, 1006);
}

async function greeting() {
    for (let i = 0; i < 50; i += 1) {
        const socket = open('/greets');
        expect('greeting', (await socket.next('a greeting')).data.toString(), 'first');
        await close(socket);
    }
}

async function many() {
    const talk = async (number) => {
        const socket = await opened(`/echo?number=${number}`);
        for (let i = 0; i < 20; i += 1) await echo(socket, `socket ${number}`, `${number}:${i} ${'x'.repeat(i * 50)}`);
        await close(socket);
    };
    await Promise.all(Array.from({ length: 50 }, (_, number) => talk(number)));
}

async function refusal() {
    const socket = open('/nowhere');
    const [request, response] = await within(SECONDS, 'a refusal', once(socket, 'unexpected-response'));
    const parts = [];
    for await (const part of response) parts.push(part);
    expect('refusal', [response.statusCode, Buffer.concat(parts).toString()], [403, 'no such socket']);
    request.socket.destroy();                                  // kept alive, but ws knows no other use for it
    const other = await opened('/echo');
    await echo(other, 'after a refusal', 'still there');
    await close(other);
}

// Reads nothing until the app has had to stop sending; then everything comes.
async function flood() {
    const blocks = 500;
    const socket = await opened(`/floods?blocks=${blocks}`);
    socket.pause();
    const neighbour = await opened('/echo');
    for (let i = 0; i < 20; i += 1) await echo(neighbour, 'beside a flood', `message ${i}`);
    await close(neighbour);
    socket.resume();
    for (let i = 0; i < blocks; i += 1) expect('block', (await socket.next('a block')).data.length, 64 * 1024);
    expect('end of the flood', await within(SECONDS, 'close', socket.ended), { code: 1000, reason: 'all' });
}

// For a sidecar whose limits.idle is far below, and whose limits.stream_idle is above, so long a silence.
async function silence() {
    const socket = await opened('/echo');
    for (let i = 0; i < 2; i += 1) {
        await sleep(900);
        await echo(socket, 'after a silence', `message ${i}`);
    }
    await close(socket);
}

// For a sidecar whose limits.stream_idle is short.
async function tooLong() {
    const socket = await opened('/echo?id=idle');
    await echo(socket, 'before the silence', 'here');
    expect('the tunnel ends', (await within(SECONDS, 'its end', socket.ended)).code, 1006);
    expect('the app sees it', (await page('/closes?id=idle')).code, 1006);
}

const parts = { messages, fragments, pings, closes, greeting, many, refusal, flood };
const others = { silence, tooLong };
const chosen = process.argv[3];
await run(chosen ? [{ ...parts, ...others }[chosen]] : Object.values(parts));
