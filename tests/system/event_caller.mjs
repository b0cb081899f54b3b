// SPDX-License-Identifier: Apache-2.0
// Listens to stream_app.mjs through the sidecar with npm eventsource:
// node event_caller.mjs http://127.0.0.1:PORT [PART]
import { EventSource } from 'eventsource';
import { expect, run, within } from './check.mjs';

const base = process.argv[2];
const SECONDS = 20;

const opened = async () => (await fetch(`${base}/events/opened`)).json();

// Receives so many events. Each is acknowledged, else the app sends no further one.
async function listen(query, count) {
    const source = new EventSource(`${base}/events?${query}`);
    const seen = [];
    try {
        await within(SECONDS, query, new Promise((resolve, reject) => {
            source.addEventListener('message', async (event) => {
                seen.push([event.lastEventId, event.data]);
                if (seen.length === count) return resolve();
                await fetch(`${base}/events/acknowledge`, { method: 'POST', body: event.lastEventId }).catch(reject);
            });
            source.addEventListener('error', (event) => {
                if (source.readyState === EventSource.CLOSED) reject(new Error(`gave up: ${event.message}`));
            });
        }));
    } finally {
        source.close();
    }
    return seen;
}

const upTo = (count) => Array.from({ length: count }, (_, i) => [`${i + 1}`, `event ${i + 1}`]);

async function oneByOne() {
    expect('events', await listen('most=50', 50), upTo(50));
    expect('one connection', await opened(), [0]);
}

async function again() {
    for (const how of ['end', 'destroy']) {
        expect(`events after ${how}`, await listen(`most=4&how=${how}`, 12), upTo(12));
        expect(`connections after ${how}`, await opened(), [0, 4, 8]);
    }
}

async function many() {
    const all = await Promise.all(Array.from({ length: 20 }, () => listen('most=10', 10)));
    for (const seen of all) expect('events of one among many', seen, upTo(10));
    await opened();
}

// For a sidecar whose limits.idle is far below, and whose limits.stream_idle is above, so long a silence.
async function silence() {
    expect('events after silences', await listen('most=3&rest=900', 3), upTo(3));
    expect('one connection', await opened(), [0]);
}

// For a sidecar whose limits.stream_idle is shorter than the silence after three events: the stream ends and a new one
// goes on where it ended.
async function tooLong() {
    const source = new EventSource(`${base}/events?most=100&rest=10`);
    const ids = [];
    await within(SECONDS, 'a new stream', new Promise((resolve) => {
        source.addEventListener('message', async (event) => {
            ids.push(event.lastEventId);
            if (event.lastEventId < '3')
                await fetch(`${base}/events/acknowledge`, { method: 'POST', body: event.lastEventId });
            if (event.lastEventId === '4') resolve();    // 3 was not acknowledged: a new stream begins with 4
        });
    }));
    source.close();
    expect('ids', ids, ['1', '2', '3', '4']);
    expect('connections', await opened(), [0, 3]);
}

const parts = { oneByOne, again, many };
const others = { silence, tooLong };
const chosen = process.argv[3];
await run(chosen ? [{ ...parts, ...others }[chosen]] : Object.values(parts));
