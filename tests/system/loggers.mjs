// SPDX-License-Identifier: Apache-2.0
// Logs with the loggers that Node applications use: node loggers.mjs WHICH URL COUNT
// WHICH: winston (its HTTP transport), winston-tcp (winston-logstash; the URL is tcp://HOST:PORT), pino (a stream that
// posts what it is given), nest (what NestJS' JSON logger writes, posted as an application does that has a LOGSTASH_URL).
// Prints "done" once everything was answered, or sent.
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

const [which, address, times] = process.argv.slice(2);
const url = new URL(address);
const count = Number(times);

async function post(body, type = 'application/json') {
    const reply = await fetch(url, { method: 'POST', body, headers: { 'Content-Type': type } });
    if (reply.status !== 202) throw new Error(`${reply.status}: ${await reply.text()}`);
    return (await reply.json()).accepted;
}

async function winston() {
    const { default: library } = await import('winston');
    const transport = new library.transports.Http({ host: url.hostname, port: url.port, path: '/', batch: false });
    let answered = 0;
    transport.on('warn', (fault) => {   // this transport warns of every status but 200
        if (!fault.message.endsWith(': 202')) throw fault;
        answered += 1;
    });
    const logger = library.createLogger({
        level: 'silly', defaultMeta: { service: 'orders' }, transports: [transport],
        format: library.format.combine(library.format.timestamp(), library.format.json()),
    });
    for (let i = 0; i < count; ++i) logger.log({ level: i % 2 ? 'error' : 'verbose', message: `winston ${i}`, order: { id: i } });
    while (answered < count) await pause(5);
}

async function winstonTcp() {
    const { default: library } = await import('winston');
    const { default: Logstash } = await import('winston-logstash/lib/winston-logstash-latest.js');
    const transport = new Logstash({ host: url.hostname, port: Number(url.port), max_connect_retries: -1 });
    const logger = library.createLogger({ transports: [transport] });
    for (let i = 0; i < count; ++i) logger.info(`tcp ${i}`, { i });
    await pause(1500);   // it says nothing about what it has sent
    transport.close();
}

async function pino() {
    const { default: library } = await import('pino');
    const posts = [];
    const stream = new Writable({
        write(chunk, _, done) {
            posts.push(post(chunk, 'application/x-ndjson').then(() => done(), done));
        },
    });
    const logger = library({ level: 'trace', base: { pid: 7, hostname: 'node-1' } }, stream);
    for (let i = 0; i < count; ++i) logger[i % 2 ? 'warn' : 'trace']({ i, password: 'secret' }, `pino ${i}`);
    logger.error(new Error('boom'), 'pino failed');
    stream.end();
    await once(stream, 'finish');
    await Promise.all(posts);
}

async function nest() {
    const records = Array.from({ length: count }, (_, i) => ({
        level: i % 2 ? 'fatal' : 'log', pid: process.pid, timestamp: Date.now(), message: `nest ${i}`, context: 'OrdersService',
    }));
    if (await post(JSON.stringify(records)) !== count) throw new Error('another count');
}

const loggers = { winston, 'winston-tcp': winstonTcp, pino, nest };
await loggers[which]();
console.log('done');
process.exit(0);
