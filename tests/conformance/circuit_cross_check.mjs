// SPDX-License-Identifier: Apache-2.0
// Our circuit breaker beside those of cockatiel and opossum: node circuit_cross_check.mjs CIRCUIT_VERDICTS SEED SEQUENCES
//
// The same seeded sequences of events go to all, each in its own terms. Ours must do what the model with our habits
// does, theirs what the model with theirs does, at every step; then each sequence's first difference is put down to the
// fewest habits of theirs that, given to ours, make it. Prints the table; ends with 1 if a step is unexplained.
import { spawnSync } from 'node:child_process';
import { Circuit, COCKATIEL, OPOSSUM, OURS, WHY } from './circuit_model.mjs';
import { BEGIN, LIBRARIES, modelled, traced } from './circuit_libraries.mjs';

const EVENTS = 200;
const [program, seed, sequences] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

// mulberry32
function random(state) {
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let t = Math.imul(state ^ (state >>> 15), state | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    };
}

function settingsFor(library, draw) {
    const among = (...values) => values[Math.floor(draw() * values.length)];
    const settings = { consecutive: 0, rate: 1, window: 10_000, window_calls: 0, min_calls: 1_000_000,
                       rest: among(500, 1000, 3000), lease: among(2000, 10_000) };
    if (library.includes('Consecutive')) return { ...settings, consecutive: among(1, 2, 3, 5) };
    const share = { ...settings, rate: among(0.25, 0.5, 0.75) };
    if (library.includes('Count')) return { ...share, window_calls: among(5, 10, 20), min_calls: among(2, 4, 5) };
    return { ...share, window: among(2000, 10_000), min_calls: among(2, 4, 10) };
}

// Good and bad times in turn; calls that end at once, that overlap, that hang.
function eventsFrom(draw, rest) {
    const events = [], running = [];
    let calls = 0, failing = 0.1;
    const outcome = () => (draw() < 0.08 ? 'neutral' : draw() < failing ? 'failure' : 'success');
    while (events.length < EVENTS) {
        const kind = draw();
        if (draw() < 0.03) failing = draw() < 0.5 ? 0.05 : 0.8;
        if (kind < 0.45) {
            events.push(['start', ++calls], ['end', calls, outcome()]);
        } else if (kind < 0.6) {
            events.push(['start', ++calls]);
            if (draw() < 0.95) running.push(calls);
        } else if (kind < 0.78 && running.length > 0) {
            events.push(['end', running.splice(Math.floor(draw() * running.length), 1)[0], outcome()]);
        } else {
            const time = draw();
            events.push(['pass', time < 0.6 ? Math.floor(draw() * 200) : time < 0.85 ? rest : Math.floor(draw() * 4000)]);
        }
    }
    return events.slice(0, EVENTS);
}

function ours(cases) {
    const input = cases.map(({ settings, events }) =>
        ['sequence ' + Object.entries(settings).map((pair) => pair.join('=')).join(' '),
            ...events.map((event) => event.join(' '))].join('\n')).join('\n') + '\n';
    const result = spawnSync(program, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
    if (result.status !== 0) throw new Error(`${program}: ${result.status} ${result.stderr}`);
    const lines = result.stdout.trim().split('\n');
    return cases.map((_, number) => lines.slice(number * EVENTS, (number + 1) * EVENTS));
}

const modelOf = (settings, habits, events) => modelled(new Circuit(settings, habits, BEGIN), events);
const firstDifference = (one, other) => one.findIndex((line, step) => line !== other[step]);

function* subsets(names, size, from = 0) {
    if (size === 0) return yield [];
    for (let at = from; at <= names.length - size; ++at)
        for (const rest of subsets(names, size - 1, at + 1)) yield [names[at], ...rest];
}

// The fewest habits of theirs that, given to ours, make this first difference.
function habitsBehind({ settings, events }, mine, theirs, habits) {
    const step = firstDifference(mine, theirs);
    const until = events.slice(0, step + 1);
    const names = Object.keys(OURS).filter((name) => OURS[name] !== habits[name]);
    for (let size = 1; size <= names.length; ++size) {
        for (const some of subsets(names, size)) {
            const changed = { ...OURS, ...Object.fromEntries(some.map((name) => [name, habits[name]])) };
            const lines = modelOf(settings, changed, until);
            if (firstDifference(lines, mine) === step && lines[step] === theirs[step]) return some;
        }
    }
    return [];
}

function unexplained(library, number, who, real, model) {
    const step = firstDifference(real, model);
    if (step >= 0) console.log(`UNEXPLAINED: ${library}, sequence ${number}, event ${step}: ${who} says ${real[step]}, `
        + `the model ${model[step]}`);
    return step >= 0 ? 1 : 0;
}

async function compare(library, make) {
    const draw = random(seed);
    const habits = library === 'opossum' ? OPOSSUM : COCKATIEL;
    const cases = Array.from({ length: sequences }, () => {
        const settings = settingsFor(library, draw);
        return { settings, events: eventsFrom(draw, settings.rest) };
    });
    const verdicts = ours(cases);
    const found = { alike: 0, differing: 0, unexplained: 0, classes: new Map() };
    for (const [number, one] of cases.entries()) {
        const mine = verdicts[number];
        const theirs = await traced(make, one.settings, one.events);
        found.unexplained += unexplained(library, number, 'ours', mine, modelOf(one.settings, OURS, one.events))
            + unexplained(library, number, 'theirs', theirs, modelOf(one.settings, habits, one.events));
        const differing = mine.filter((line, step) => line !== theirs[step]).length;
        found.differing += differing;
        if (differing === 0) {
            found.alike += 1;
            continue;
        }
        const behind = habitsBehind(one, mine, theirs, habits);
        if (behind.length === 0 || behind.some((habit) => !WHY[habit])) found.unexplained += 1;
        const name = behind.join(' + ') || '?';
        const kept = found.classes.get(name) ?? { first: 0, steps: 0 };
        found.classes.set(name, { first: kept.first + 1, steps: kept.steps + differing });
    }
    return found;
}

function tell(library, found) {
    console.log(`${library}: ${sequences} sequences of ${EVENTS} events: ${found.alike} sequences alike, ${found.differing} `
        + `steps differ, ${found.unexplained} unexplained`);
    for (const [name, { first, steps }] of [...found.classes].sort((a, b) => b[1].first - a[1].first))
        console.log(`${String(first).padStart(6)} sequences ${String(steps).padStart(6)} steps  ${name}`);
}

console.log('Classes of differences, by what came first in a sequence:');
for (const [habit, why] of Object.entries(WHY)) console.log(`  ${habit.padEnd(10)} ${why}`);
let unexplainedInAll = 0;
for (const [library, make] of Object.entries(LIBRARIES)) {
    const found = await compare(library, make);
    tell(library, found);
    unexplainedInAll += found.unexplained;
}
process.exitCode = unexplainedInAll > 0 ? 1 : 0;
