// SPDX-License-Identifier: Apache-2.0
// What the callers' programs share: each check that fails is a line, the number of checks is the last line.
import { setTimeout as sleep } from 'node:timers/promises';

let checks = 0;

export function expect(what, found, wanted) {
    checks += 1;
    if (JSON.stringify(found) !== JSON.stringify(wanted))
        console.log(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
}

// The promise's value; an error when it takes too long.
export async function within(seconds, what, promise) {
    const limit = new AbortController();
    const late = sleep(seconds * 1000, undefined, { signal: limit.signal }).then(
        () => { throw new Error(`${what}: not within ${seconds} s`); });
    late.catch(() => {});
    try {
        return await Promise.race([promise, late]);
    } finally {
        limit.abort();
    }
}

// Runs each part, whatever becomes of the others.
export async function run(parts) {
    for (const part of parts) {
        try {
            await part();
        } catch (error) {
            console.log(`${part.name}: ${error.stack}`);
        }
    }
    console.log(checks);
}
