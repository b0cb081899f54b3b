// SPDX-License-Identifier: Apache-2.0
// Calls app.mjs through the sidecar with Node's own client: node caller.mjs http://127.0.0.1:PORT
// Prints one line for each call that went wrong, and the number of calls as its last line.
import { createHash } from 'node:crypto';
import { Agent, request as send } from 'node:http';

const base = new URL(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
const block = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
const pattern = (size) => Buffer.alloc(size, block);
const sha256 = (data) => createHash('sha256').update(data).digest('hex');

let calls = 0;
function expect(what, found, wanted) {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
        console.log(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
}

// body: a Buffer, sent with its length; or an array of Buffers, sent in chunks.
function call(method, path, { headers = {}, body, waits = false, events = false } = {}) {
    calls += 1;
    return new Promise((resolve, reject) => {
        const all = { ...headers };
        if (Array.isArray(body)) all['Transfer-Encoding'] = 'chunked';
        else if (body) all['Content-Length'] = body.length;
        if (waits) all.Expect = '100-continue';
        const request = send(new URL(path, base), { method, agent, headers: all });
        const information = [];
        const push = () => {
            for (const piece of [body ?? []].flat()) request.write(piece);
            request.end();
        };
        request.on('information', (info) => information.push(info.statusCode));
        request.on('continue', push);
        request.on('error', (error) => reject(new Error(`${method} ${path}: ${error.message}`)));
        request.on('response', (response) => {
            if (events) return resolve({ response, request });
            const parts = [];
            response.on('data', (data) => parts.push(data));
            response.on('error', reject);
            response.on('end', () => resolve({
                status: response.statusCode, headers: response.headers, complete: response.complete,
                body: Buffer.concat(parts), information,
            }));
        });
        if (waits) request.flushHeaders();
        else push();
    });
}

const sizes = [0, 1, 1024, 70_000, 5_000_000];

async function methods() {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const reply = await call(method, '/mirror?x=1', method === 'GET' ? {} : { body: Buffer.from('abc') });
        expect(`${method} status`, reply.status, 200);
        const picture = JSON.parse(reply.body);
        expect(`${method} method`, picture.method, method);
        expect(`${method} length`, picture.length, method === 'GET' ? 0 : 3);
        expect(`${method} forwarded`, picture.headers['x-forwarded-for'], '127.0.0.1');
    }
    const head = await call('HEAD', '/fixed?size=70000');
    expect('HEAD', [head.status, head.headers['content-length'], head.body.length], [200, '70000', 0]);
    expect('204', [(await call('GET', '/nothing')).status], [204]);
    expect('304', [(await call('GET', '/same')).status], [304]);
    expect('404', [(await call('GET', '/missing')).status], [404]);
}

async function bodies() {
    for (const size of sizes) {
        const body = pattern(size);
        const pieces = [];
        for (let at = 0; at < size; at += 33_333) pieces.push(body.subarray(at, at + 33_333));
        for (const [way, sent] of [['fixed', body], ['chunked', pieces]]) {
            const picture = JSON.parse((await call('POST', '/mirror', { body: sent })).body);
            expect(`up ${way} ${size}`, [picture.length, picture.sha256], [size, sha256(body)]);
            const echoed = await call('PUT', '/echo', { body: sent });
            expect(`echo ${way} ${size}`, [echoed.complete, sha256(echoed.body)], [true, sha256(body)]);
        }
        for (const way of ['fixed', 'chunked']) {
            const reply = await call('GET', `/${way}?size=${size}`);
            expect(`down ${way} ${size}`, [reply.complete, sha256(reply.body)], [true, sha256(body)]);
        }
    }
}

async function continues() {
    const taken = await call('POST', '/mirror', { body: Buffer.from('hello'), waits: true });
    expect('100', [taken.status, JSON.parse(taken.body).length], [200, 5]);
    const headers = { 'X-Refuse': '1' };
    const refused = await call('POST', '/mirror', { body: Buffer.from('hello'), waits: true, headers });
    expect('417', [refused.status, refused.body.toString()], [417, 'no']);
    const hints = await call('GET', '/hints');
    expect('103', [hints.information, hints.status, hints.body.toString()], [[103], 200, 'page']);
}

async function headers() {
    const large = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`X-Large-${i}`, 'v'.repeat(500)]));
    const picture = JSON.parse((await call('GET', '/mirror', { headers: large })).body);
    for (const name of Object.keys(large)) expect(name, picture.headers[name.toLowerCase()], large[name]);
}

async function many() {
    const one = async (number) => {
        const body = pattern(number * 37 % 9000);
        const reply = await call('POST', '/echo', { body });
        expect(`call ${number}`, [reply.status, sha256(reply.body)], [200, sha256(body)]);
    };
    await Promise.all(Array.from({ length: 500 }, (_, number) => one(number)));
}

// The second event is published only after the first has been seen.
async function eventStream() {
    const { response, request } = await call('GET', '/events', { events: true });
    expect('event stream', response.headers['content-type'], 'text/event-stream');
    const iterator = response[Symbol.asyncIterator]();
    for (const text of ['first', 'second', 'third']) {
        await call('POST', '/publish', { body: Buffer.from(text) });
        expect('event', (await iterator.next()).value.toString(), `data: ${text}\n\n`);
    }
    await call('POST', '/publish', { body: Buffer.from('') });
    expect('end of events', (await iterator.next()).done, true);
    request.destroy();
}

for (const part of [methods, bodies, continues, headers, many, eventStream]) {
    try {
        await part();
    } catch (error) {
        console.log(`${part.name}: ${error.stack}`);
    }
}
agent.destroy();
console.log(calls);
