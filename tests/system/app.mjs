// SPDX-License-Identifier: Apache-2.0
// An ordinary application on node:http. Prints its port as its first line.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';

const block = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
const pattern = (size) => Buffer.alloc(size, block);

const events = new Set();   // open event streams

const routes = {
    // What came: for any method, with or without a body.
    '/mirror': (request, response) => {
        const hash = createHash('sha256');
        let length = 0;
        request.on('data', (data) => { hash.update(data); length += data.length; });
        request.on('end', () => {
            const body = JSON.stringify({
                method: request.method, headers: request.headers, raw: request.rawHeaders, length,
                sha256: hash.digest('hex'), trailers: request.trailers,
            });
            response.setHeader('Content-Type', 'application/json');
            response.setHeader('Content-Length', Buffer.byteLength(body));
            response.end(body);
        });
    },
    '/fixed': (request, response, query) => {
        const body = pattern(Number(query.get('size')));
        response.writeHead(200, { 'Content-Length': body.length });
        response.end(request.method === 'HEAD' ? undefined : body);
    },
    '/chunked': (request, response, query) => {
        const body = pattern(Number(query.get('size')));
        response.writeHead(200, { Trailer: 'X-Length' });
        for (let at = 0; at < body.length; at += 40_000) response.write(body.subarray(at, at + 40_000));
        response.addTrailers({ 'X-Length': String(body.length) });
        response.end();
    },
    '/echo': (request, response) => request.pipe(response),
    '/early': (request, response) => { response.end('soon'); request.resume(); },
    '/nothing': (_, response) => { response.writeHead(204); response.end(); },
    '/same': (_, response) => { response.writeHead(304, { ETag: '"7"' }); response.end(); },
    '/hints': (_, response) => {
        response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
        setTimeout(() => response.end('page'), 20);
    },
    '/slow': (_, response, query) => setTimeout(() => response.end('slow'), Number(query.get('ms'))),
    // Each POST to /publish is one event.
    '/events': (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.flushHeaders();
        events.add(response);
        response.on('close', () => events.delete(response));
    },
    '/publish': (request, response) => {
        let text = '';
        request.on('data', (data) => { text += data; });
        request.on('end', () => {
            for (const stream of events) text ? stream.write(`data: ${text}\n\n`) : stream.end();
            response.end(String(events.size));
        });
    },
    '/': (_, response) => response.end('hello'),
};

const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    const url = new URL(request.url, 'http://app');
    const route = routes[url.pathname];
    if (route) return route(request, response, url.searchParams);
    response.writeHead(404);
    response.end('no such page');
});
server.on('checkContinue', (request, response) => {
    if (request.headers['x-refuse']) {
        response.writeHead(417, { Connection: 'close' });
        return response.end('no');
    }
    response.writeContinue();
    server.emit('request', request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.address().port));
