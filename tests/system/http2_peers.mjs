// SPDX-License-Identifier: Apache-2.0
// HTTP/2 with prior knowledge: node http2_peers.mjs serve [PORT|PATH]
//                              node http2_peers.mjs call http://127.0.0.1:PORT
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import { expect, run, within } from './check.mjs';

function serve(where) {
    const server = createServer({ maxSessionMemory: 100 });       // MB: Node's own bound is reached by the echoes
    server.on('stream', (stream, headers) => {
        stream.on('error', () => {});
        if (headers[':path'] === '/count') {
            stream.respond({ ':status': 200, 'x-peer': `${headers['x-number']}` });
            return stream.end(`stream ${headers['x-number']}`);
        }
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        const hash = createHash('sha256');
        stream.on('data', (data) => hash.update(data));
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': hash.digest('hex') }));
        stream.pipe(stream);
    });
    const told = () => console.log(where?.startsWith('/') ? where : server.address().port);
    if (where?.startsWith('/')) server.listen(where, told);
    else server.listen(Number(where ?? 0), '127.0.0.1', told);
}

async function take(stream) {
    const parts = [];
    let trailers = {};
    stream.on('trailers', (found) => { trailers = found; });
    const [headers] = await within(20, 'headers', once(stream, 'response'));
    for await (const part of stream) parts.push(part);
    return { headers, body: Buffer.concat(parts), trailers };
}

async function call(base) {
    const session = connect(base, { maxSessionMemory: 100 });
    const many = async () => {
        const replies = await Promise.all(Array.from({ length: 100 }, (_, number) => {
            const stream = session.request({ ':path': '/count', 'x-number': `${number}` });
            stream.end();
            return take(stream);
        }));
        replies.forEach((reply, number) => {
            expect('count', [reply.headers[':status'], reply.headers['x-peer'], reply.body.toString()],
                   [200, `${number}`, `stream ${number}`]);
        });
    };
    const echo = async () => {
        const body = Buffer.alloc(3_000_000, 'abcdefg');
        await Promise.all(Array.from({ length: 5 }, async () => {
            const stream = session.request({ ':path': '/echo', ':method': 'POST' });
            stream.end(body);
            const reply = await take(stream);
            expect('echo', reply.body.equals(body), true);
            expect('trailer', reply.trailers['x-sum'], createHash('sha256').update(body).digest('hex'));
        }));
    };
    const ping = async () => {
        const [, payload] = await within(20, 'a ping', new Promise((resolve, reject) => {
            session.ping(Buffer.from('8 bytes!'), (error, ...rest) => error ? reject(error) : resolve(rest));
        }));
        expect('ping', payload.toString(), '8 bytes!');
    };
    await run([many, echo, ping, async function ends() {
        session.close();
        await within(20, 'the end', once(session, 'close'));
    }]);
}

if (process.argv[2] === 'serve') serve(process.argv[3]);
else await call(process.argv[3]);
