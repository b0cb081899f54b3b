// SPDX-License-Identifier: Apache-2.0
// The circuit breakers of cockatiel and opossum, told events one by one, in a time that only moves when told.
import { mock } from 'node:test';
import cockatiel from 'cockatiel';
import Opossum from 'opossum';

const BEGIN = 3_600_000;       // as our manual clock

const { circuitBreaker, handleWhen, CircuitState } = cockatiel;

// All that follows from what was settled has happened.
const settled = () => new Promise((resolve) => setImmediate(resolve));

class Outcome extends Error {
    constructor(kind) {
        super(kind);
        this.kind = kind;
    }
}

// What both drivers share: calls that run until they are told how to end.
class Driven {
    constructor() {
        this.running = new Map();
        this.waiting = new Set();
        this.refused = new Set();
    }
    async start(id) {
        const work = () => new Promise((resolve, reject) => this.running.set(id, { resolve, reject }));
        this.call(work).catch((error) => { if (!(error instanceof Outcome)) this.refused.add(id); });
        await settled();
        const verdict = this.verdict(id);
        if (verdict === 'w') this.waiting.add(id);
        return verdict;
    }
    verdict(id) { return this.running.has(id) ? 'a' : this.refused.has(id) ? 'r' : 'w'; }
    async end(id, outcome) {
        const call = this.running.get(id);
        if (!call) return [];
        this.running.delete(id);
        if (outcome === 'success') call.resolve();
        else call.reject(new Outcome(outcome));
        await settled();
        const released = [...this.waiting].filter((other) => this.verdict(other) !== 'w');
        released.forEach((other) => this.waiting.delete(other));
        return released.map((other) => other + this.verdict(other));
    }
    async pass(time) {
        mock.timers.tick(time);
        await settled();
    }
}

class Cockatiel extends Driven {
    constructor(breaker, rest) {
        super();
        this.rest = rest;
        this.policy = circuitBreaker(handleWhen((error) => error.kind === 'failure'), { halfOpenAfter: rest, breaker });
        this.policy.onBreak(() => { this.openedAt = Date.now(); });
    }
    call(work) { return this.policy.execute(work); }
    shown() {
        if (this.policy.state === CircuitState.Closed) return 'c';
        return this.policy.state === CircuitState.Open && Date.now() - this.openedAt < this.rest ? 'o' : 'h';
    }
    stop() {}
}

class OpossumDriven extends Driven {
    constructor({ rate, window, min_calls, rest }) {
        super();
        this.breaker = new Opossum((work) => work(), {
            timeout: false, errorThresholdPercentage: rate * 100, rollingCountTimeout: window, rollingCountBuckets: 10,
            volumeThreshold: min_calls, resetTimeout: rest, rollingPercentilesEnabled: false, enableSnapshots: false,
            errorFilter: (error) => error.kind === 'neutral',
        });
    }
    call(work) { return this.breaker.fire(work); }
    shown() { return this.breaker.closed ? 'c' : this.breaker.halfOpen ? 'h' : 'o'; }
    stop() { this.breaker.shutdown(); }
}

export const LIBRARIES = {
    'cockatiel ConsecutiveBreaker': ({ consecutive, rest }) =>
        new Cockatiel(new cockatiel.ConsecutiveBreaker(consecutive), rest),
    'cockatiel CountBreaker': ({ rate, window_calls, min_calls, rest }) =>
        new Cockatiel(new cockatiel.CountBreaker({ threshold: rate, size: window_calls,
            minimumNumberOfCalls: min_calls }), rest),
    'cockatiel SamplingBreaker': ({ rate, window, min_calls, rest }) =>
        new Cockatiel(new cockatiel.SamplingBreaker({ threshold: rate, duration: window,
            minimumRps: min_calls / (window / 1000) }), rest),
    'opossum': (settings) => new OpossumDriven(settings),
};

// The trace of a sequence: a line for each event, as of circuit_verdicts.cpp.
export async function traced(make, settings, events) {
    mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval'], now: BEGIN });
    const library = make(settings);
    const lines = [];
    for (const [kind, number, outcome] of events) {
        let line = '-';
        if (kind === 'start') line = await library.start(number);
        if (kind === 'end') line += await library.end(number, outcome);
        if (kind === 'pass') await library.pass(number);
        lines.push(line + library.shown());
    }
    library.stop();
    mock.timers.reset();
    return lines;
}

// The same of a model.
export function modelled(circuit, events) {
    return events.map(([kind, number, outcome]) => {
        let line = '-';
        if (kind === 'start') line = circuit.start(number);
        if (kind === 'end') line += circuit.end(number, outcome);
        if (kind === 'pass') circuit.pass(number);
        return line + circuit.shown();
    });
}

export { BEGIN };
