// SPDX-License-Identifier: Apache-2.0
// A NestJS app with a health route for each set of checks in ROUTES: node terminus_app.mjs ROUTES
//
// ROUTES is a file as routes.json, with addresses filled in. Each check is given to the indicator of @nestjs/terminus
// that means the same. Writes its port as a line once it listens; SIGTERM begins a shutdown that takes a minute.
import 'reflect-metadata';
import { readFileSync, statfsSync } from 'node:fs';
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import {
    DiskHealthIndicator, HealthCheck, HealthCheckService, HealthIndicatorService, HttpHealthIndicator,
    MemoryHealthIndicator, MicroserviceHealthIndicator, TerminusModule,
} from '@nestjs/terminus';

const SHUTDOWN_MS = 60000;
const UNITS = { B: 1, KiB: 2 ** 10, TiB: 2 ** 40 };
const routes = JSON.parse(readFileSync(process.argv[2], 'utf8'));

function bytes(text) {
    const [, number, unit] = /^([\d.]+)(B|KiB|TiB)$/.exec(text);
    return Number(number) * UNITS[unit];
}

function milliseconds(text) {
    return text === undefined ? undefined : Number(/^(\d+)ms$/.exec(text)[1]);
}

// Terminus is told how much may be used, not how much must be free.
function disk(path, free) {
    if (free.endsWith('%')) return { path, thresholdPercent: 1 - parseFloat(free) / 100 };
    let size = 0;
    try {
        const found = statfsSync(path);
        size = found.bsize * found.blocks;
    } catch { /* the indicator meets the same */ }
    return { path, threshold: size - bytes(free) };
}

class Health {
    constructor(health, own, http, disk, memory, microservice) {
        Object.assign(this, { health, own, http, disk, memory, microservice });
    }

    check(route) {
        const checks = Object.entries(routes[route].checks);
        // An attempt is run by the service itself; the others are functions.
        return this.health.check(checks.map(([key, check]) =>
            'attempt' in check ? this.attempt(key, check) : () => this.run(key, check)));
    }

    async run(key, check) {
        const result = await this.indicator(key, check);
        if (!check.optional || result[key].status !== 'down') return result;
        const { status, ...rest } = result[key];
        return this.own.check(key).degraded(rest);
    }

    indicator(key, check) {
        if ('http' in check) return this.page(key, check);
        if ('rss' in check) return this.memory.checkRSS(key, bytes(check.rss));
        if ('heap' in check) return this.memory.checkHeap(key, bytes(check.heap));
        if ('disk' in check) return this.disk.checkStorage(key, disk(check.disk, check.free));
        if ('tcp' in check) return this.connection(key, check);
        const { custom, message, details } = check;
        return this.own.check(key)[custom](details ? { message, ...details } : message);
    }

    page(key, { http, status, contains, timeout }) {
        const options = timeout ? { timeout: milliseconds(timeout) } : {};
        if (!status && !contains) return this.http.pingCheck(key, http, options);
        const good = (response) => status ? status.includes(response.status)
            : response.status < 300 && response.data.includes(contains);
        return this.http.responseCheck(key, http, good, options);
    }

    connection(key, { tcp, timeout }) {
        const [host, port] = tcp.split(':');
        return this.microservice.pingCheck(key, {
            transport: Transport.TCP, options: { host, port: Number(port) }, timeout: milliseconds(timeout),
        });
    }

    attempt(key, { attempt, message, timeout }) {
        const checked = this.own.check(key).attempt(() => {
            if (attempt === 'throws') throw new Error(message);
            return attempt === 'hangs' ? new Promise(() => {}) : undefined;
        });
        return timeout ? checked.withTimeout(milliseconds(timeout)) : checked;
    }
}

// Decorators are functions: so no build is needed.
[HealthCheckService, HealthIndicatorService, HttpHealthIndicator, DiskHealthIndicator, MemoryHealthIndicator,
    MicroserviceHealthIndicator].forEach((part, index) => Inject(part)(Health, undefined, index));
const method = Object.getOwnPropertyDescriptor(Health.prototype, 'check');
Param('route')(Health.prototype, 'check', 0);
Get(':route')(Health.prototype, 'check', method);
HealthCheck()(Health.prototype, 'check', method);
Controller('health')(Health);

class App {}
Module({
    imports: [TerminusModule.forRoot({ logger: false, gracefulShutdownTimeoutMs: SHUTDOWN_MS })],
    controllers: [Health],
})(App);

const app = await NestFactory.create(App, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(app.getHttpServer().address().port);
