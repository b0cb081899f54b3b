// SPDX-License-Identifier: Apache-2.0
// Exchanges trailers with stream_app.mjs through the sidecar: node trailer_caller.mjs http://127.0.0.1:PORT
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { expect, run, within } from './check.mjs';

const base = process.argv[2];
const agent = new Agent({ keepAlive: true });

async function call(headers, trailers) {
    const request = send(`${base}/trailers`, { method: 'POST', agent, headers });
    request.write('one ');
    request.write('two');
    if (trailers) request.addTrailers(trailers);
    request.end();
    const [response] = await within(20, 'an answer', once(request, 'response'));
    const parts = [];
    for await (const part of response) parts.push(part);
    return { complete: response.complete, picture: JSON.parse(Buffer.concat(parts)), trailers: response.rawTrailers };
}

async function bothWays() {
    for (let i = 0; i < 10; i += 1) {
        const reply = await call({ TE: 'trailers', Connection: 'keep-alive, TE', Trailer: 'X-Up' },
                                 [['X-Up', 'a'], ['X-Up', 'b'], ['X-Forwarded-For', '10.9.9.9'], ['Host', 'forged']]);
        expect('whole', reply.complete, true);
        expect('body', reply.picture.body, 'one two');
        expect('te', reply.picture.te, 'trailers');
        expect('up', reply.picture.trailers, ['X-Up', 'a', 'X-Up', 'b']);
        expect('down', reply.trailers, ['X-Sum', 'abc', 'X-Sum', 'def']);
    }
}

async function unasked() {
    const reply = await call({});
    expect('te unasked', reply.picture.te, undefined);
    expect('up unasked', [reply.picture.body, reply.picture.trailers], ['one two', []]);
    expect('whole unasked', reply.complete, true);
    expect('forged', reply.trailers.includes('X-Request-Id'), false);
    const other = await call({ TE: 'gzip;q=0.5, trailers;q=1', Connection: 'TE' });
    expect('other codings', other.picture.body, 'one two');
}

await run([bothWays, unasked]);
agent.destroy();
