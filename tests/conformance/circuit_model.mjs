// SPDX-License-Identifier: Apache-2.0
// A circuit breaker whose habits can be chosen, one by one: ours, or those of another library. With all of ours it does
// what ours does, with all of theirs what theirs does; so each difference is put down to the habits that make it.

// What each habit is with us, and why.
export const OURS = {
    share: 'reached', deciders: 'all', counted: 'when ended', neutral: 'nothing', late: 'ignored', afterwards: 'empty',
    probe: 'apart', second: 'refused', lease: 'ends', window: 'by time',
};

export const COCKATIEL = {
    share: 'exceeded', deciders: 'failures', counted: 'when ended', neutral: 'closes', late: 'counted',
    afterwards: 'empty', probe: 'counted', second: 'waits', lease: 'never ends', window: 'by result',
};

export const OPOSSUM = {
    share: 'exceeded', deciders: 'failures', counted: 'when begun', neutral: 'success', late: 'by the state',
    afterwards: 'kept', probe: 'counted', second: 'refused', lease: 'never ends', window: 'by the clock',
};

export const WHY = {
    share: 'we open when the share is reached, as the setting says; they when it is exceeded',
    deciders: 'we look at the share whenever a call has ended, so the one that fills min_calls may open, too; '
        + 'they only after a failure',
    counted: 'we count calls that ended; they count those that began, refused and unfinished ones included',
    neutral: 'a cancelled call says nothing of the callee: we free the probe; to them it is a success, or closes',
    late: 'we ignore the result of a call from before the last change of state; they let it open, close or count',
    afterwards: 'we begin with an empty window when the circuit closes; they go on with what had opened it',
    probe: 'we keep a probe out of the new window: it has decided already; they count it',
    second: 'we refuse a call beside the probe at once; they let it wait for the probe, however long that takes',
    lease: 'we give the place of a probe that hangs to another after a while; they wait for ever',
    window: 'ours has ten buckets that pass with time; theirs move on one for each result, or in step with their start',
};

// The last `size` calls.
class Ring {
    constructor(size) { this.size = size; this.clear(); }
    add(one) { this.kept = [...this.kept, one].slice(-this.size); }
    total() { return sum(this.kept); }
    clear() { this.kept = []; }
}

// Ten buckets, in step with the first call of the window, or with the moment when it was emptied.
class TimeBuckets {
    constructor(length) {
        this.width = length / 10;
        this.end = -Infinity;
    }
    add(one, now) { this.advance(now); this.buckets[0].push(one); }
    total(now) { this.advance(now); return sum(this.buckets.flat()); }
    clear(now) {
        this.buckets = Array.from({ length: 10 }, () => []);
        this.end = now + this.width;
    }
    advance(now) {
        const steps = Math.floor((now - this.end) / this.width) + 1;
        if (steps <= 0) return;
        if (steps >= 10) return this.clear(now);
        this.buckets = [...Array.from({ length: steps }, () => []), ...this.buckets].slice(0, 10);
        this.end += steps * this.width;
    }
}

// As cockatiel has it: at least five buckets of at most a second; a result moves on by one bucket if the newest is old.
class ResultBuckets {
    constructor(length) {
        this.count = Math.max(5, Math.ceil(length / 1000));
        this.width = Math.round(length / this.count);
        this.clear();
    }
    add(one, now) {
        if (now - this.since >= this.width) {
            this.buckets = [[], ...this.buckets].slice(0, this.count);
            this.since = now;
        }
        this.buckets[0].push(one);
    }
    total() { return sum(this.buckets.flat()); }
    clear() {
        this.buckets = Array.from({ length: this.count }, () => []);
        this.since = 0;
    }
}

// As opossum has it: ten buckets, in step with the making of the breaker.
class ClockBuckets {
    constructor(length, now) { this.width = Math.floor(length / 10); this.began = now; this.clear(); }
    add(one, now) {
        const number = Math.floor((now - this.began) / this.width);
        this.kept.push({ number, one });
    }
    total(now) {
        const oldest = Math.floor((now - this.began) / this.width) - 9;
        this.kept = this.kept.filter(({ number }) => number >= oldest);
        return sum(this.kept.map(({ one }) => one));
    }
    clear() { this.kept = []; }
}

function sum(ones) {
    return ones.reduce((all, { calls, failures }) =>
        ({ calls: all.calls + calls, failures: all.failures + failures }), { calls: 0, failures: 0 });
}

function windowOf({ window_calls, window }, habit, now) {
    if (window_calls) return new Ring(window_calls);
    if (habit === 'by result') return new ResultBuckets(window);
    return habit === 'by the clock' ? new ClockBuckets(window, now) : new TimeBuckets(window);
}

export class Circuit {
    constructor(settings, habits, now) {
        this.settings = settings;
        this.habits = habits;
        this.now = now;
        this.window = windowOf(settings, habits.window, now);
        this.state = 'closed';
        this.generation = 0;
        this.row = 0;
        this.running = new Map();
    }

    pass(time) {
        this.now += time;
        // By a timer, not by the next call.
        if (this.habits.late === 'by the state' && this.rested()) this.enter('half-open');
    }
    rested() { return this.state === 'open' && this.now >= this.until; }
    shown() { return this.state === 'closed' ? 'c' : this.state === 'open' && !this.rested() ? 'o' : 'h'; }

    // The verdict: a, r, or w for one who waits.
    start(id) {
        if (this.habits.counted === 'when begun') this.window.add({ calls: 1, failures: 0 }, this.now);
        return this.ask(id);
    }
    ask(id) {
        if (this.rested()) this.enter('half-open');
        if (this.state === 'open') return 'r';
        if (this.state === 'closed') return this.admit({ id, isProbe: false });
        const lost = this.habits.lease === 'ends' && this.probe && this.now >= this.probe.lease;
        if (!this.probe || lost) {
            this.probe = { id, isProbe: true, lease: this.now + this.settings.lease, waiting: [] };
            return this.admit(this.probe);
        }
        if (this.habits.second === 'refused') return 'r';
        this.probe.waiting.push(id);
        return 'w';
    }
    admit(call) {
        call.generation = this.generation;
        this.running.set(call.id, call);
        return 'a';
    }

    // Those who had waited for this probe, and what became of them.
    end(id, outcome) {
        const call = this.running.get(id);
        if (!call) return [];
        this.running.delete(id);
        this.settle(call, outcome);
        const verdicts = (call.waiting ?? []).map((waiting) => [waiting, this.ask(waiting)]);
        return verdicts.filter(([, verdict]) => verdict !== 'w').map((pair) => pair.join(''));
    }
    settle(call, outcome) {
        if (outcome === 'neutral' && this.habits.neutral !== 'success') {
            if (!call.isProbe) return;
            if (this.habits.neutral === 'closes') return this.close();
            if (this.probe === call) this.probe = undefined;
            return;
        }
        const failed = outcome === 'failure';
        if (this.habits.late === 'ignored' && call.generation !== this.generation) return;
        if (this.habits.late === 'by the state') call.isProbe = this.state === 'half-open';
        if (!call.isProbe) return this.record(failed);
        if (this.habits.late === 'ignored' && this.probe !== call) return;
        if (this.habits.lease === 'ends' && this.now >= call.lease) return void (this.probe = undefined);
        this.probed(failed);
    }
    count(failed) {
        const calls = this.habits.counted === 'when begun' ? 0 : 1;
        this.window.add({ calls, failures: failed ? 1 : 0 }, this.now);
        this.row = failed ? this.row + 1 : 0;
    }
    record(failed) {
        this.count(failed);
        if (!failed && this.habits.deciders === 'failures') return;
        if (this.state !== 'open' && (this.tooManyInARow() || this.tooMany())) this.open();
    }
    probed(failed) {
        if (!failed && this.habits.afterwards === 'empty') this.forget();
        if (this.habits.probe === 'counted') this.count(failed);
        if (!failed) this.close();
        else if (this.state !== 'open') this.open();
    }

    tooManyInARow() { return this.settings.consecutive > 0 && this.row >= this.settings.consecutive; }
    tooMany() {
        const { calls, failures } = this.window.total(this.now);
        if (calls < this.settings.min_calls || failures === 0) return false;
        const most = this.settings.rate * calls;
        return this.habits.share === 'exceeded' ? failures > most : failures >= most;
    }
    forget() {
        this.window.clear(this.now);
        this.row = 0;
    }
    open() {
        this.until = this.now + this.settings.rest;
        this.enter('open');
    }
    close() {
        if (this.state !== 'half-open') return;
        this.enter('closed');
    }
    enter(state) {
        this.state = state;
        this.generation += 1;
        this.probe = undefined;
    }
}
