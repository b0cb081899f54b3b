#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// check_schema.mjs's own tests, with a pretended program. Run: node check_schema_test.mjs
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

if (!existsSync(new URL('node_modules/ajv', import.meta.url))) {
    console.log('SKIPPED: check_schema_test: tests/tools/node_modules is missing (scripts/setup)');
    process.exit(77);
}

const TOOL = fileURLToPath(new URL('../../tools/check_schema.mjs', import.meta.url));
const SCHEMA = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: { service: { type: 'string' }, port: { type: 'integer', maximum: 10 } },
    additionalProperties: false,
};
// `check` refuses the word "wrong" and an unset variable; "crash" ends it with 1.
const CHECK = `grep -q crash "$3" && exit 1
grep -q wrong "$3" && { echo "$3:1: service: wrong" >&2; exit 2; }
grep -q '\${SECRET}' "$3" && [ -z "$SECRET" ] && exit 2
exit 0`;

let folder;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'check-schema-test-')); });
afterEach(() => rmSync(folder, { recursive: true }));

function write(path, text) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
}

function check(files, schema = SCHEMA, script = CHECK) {
    for (const [path, text] of Object.entries(files)) write(`tree/${path}`, text);
    const printed = write('schema.json', typeof schema === 'string' ? schema : JSON.stringify(schema));
    const program = write('program', `#!/bin/sh\n[ "$1" = schema ] && exec cat '${printed}'\n${script}\n`);
    chmodSync(program, 0o755);
    const environment = { ...process.env };
    delete environment.SECRET;
    const done = spawnSync(process.execPath, [TOOL, program, join(folder, 'tree')],
                           { encoding: 'utf8', env: environment });
    return { code: done.status, output: done.stdout + done.stderr };
}

function agrees(files, schema) {
    const { code, output } = check(files, schema);
    assert.equal(code, 0, output);
    return output;
}

function fails(files, part, schema) {
    const { code, output } = check(files, schema);
    assert.equal(code, 1, output);
    assert.ok(output.includes(part), `${part} in ${output}`);
}

test('files and fences that both accept agree', () => {
    const output = agrees({ 'a.yaml': 'service: x\n', 'docs/b.md': 'text\n```yaml\nport: 3\n```\n',
                            'empty.yml': '# nothing\n' });
    assert.ok(output.includes('3 good and 0 bad'), output);
});

test('what check accepts the schema must accept', () => {
    const text = 'error: check accepts it, the schema refuses it: ';
    fails({ 'a.yaml': 'port: 11\n' }, `a.yaml: ${text}/port must be <= 10`);
    fails({ 'b.md': '\n```yaml\nunknown: 1\n```\n' }, `b.md:3: ${text}/ must NOT have additional properties`);
});

test('a good document that check refuses is a fault', () => {
    fails({ 'a.yaml': 'service: wrong\n' }, 'a.yaml: error: check refuses it: document:1: service: wrong');
});

test('a bad file must be refused by check', () => {
    agrees({ 'good.yaml': 'service: x\n', 'bad/a.yaml': 'service: wrong\n' });
    fails({ 'good.yaml': 'service: x\n', 'bad/a.yaml': 'service: x\n' }, 'though it is marked bad');
});

test('a bad fence must be refused by check', () => {
    agrees({ 'a.md': '```yaml\nport: 1\n```\n```yaml bad\nservice: wrong\n```\n' });
    fails({ 'a.md': '```yaml\nport: 1\n```\n```yaml bad\nport: 2\n```\n' }, 'though it is marked bad');
});

test('a marked bad file must be refused by the schema', () => {
    agrees({ 'good.yaml': 'port: 1\n', 'bad/a.yaml': '# schema: refuses\nwrong: 1\n' });
    agrees({ 'good.yaml': 'port: 1\n', 'bad/a.yaml': '# schema: refuses\nwrong: [\n' });
    fails({ 'good.yaml': 'port: 1\n', 'bad/a.yaml': '# schema: refuses\nservice: wrong\n' },
          'the schema accepts it');
    fails({ 'good.yaml': '# schema: refuses\nport: 1\n' }, 'is for files in a folder named bad');
});

test('ignored fences are left out', () => {
    agrees({ 'a.md': '```yaml\nport: 1\n```\n```yaml ignore\nunknown: 1\n```\n```sh\nwrong\n```\n' });
});

test('variables are set while check runs', () => {
    agrees({ 'a.yaml': 'service: "${SECRET}"\n', 'bad/b.yaml': 'service: "${SECRET}"\n' });
});

test('a program that fails otherwise is a fault', () => {
    fails({ 'a.yaml': 'service: crash\n' }, 'check ended with 1');
});

test('a schema that is not strict, of another dialect or no JSON is a fault', () => {
    const files = { 'a.yaml': 'service: x\n' };
    fails(files, 'does not compile', { ...SCHEMA, sometimes: true });
    fails(files, 'does not compile', { ...SCHEMA, type: 'thing' });
    fails(files, 'does not compile', '{');
    fails(files, 'its $schema is undefined', { ...SCHEMA, $schema: undefined });
});

test('a file reaches check byte by byte', () => {
    const bytes = Buffer.from([0x73, 0x65, 0x72, 0x76, 0x69, 0x63, 0x65, 0x3a, 0x20, 0xe9, 0x0a]);
    write('tree/bad/latin1.yaml', bytes);
    const latin1 = `LC_ALL=C grep -q "$(printf '\\351')" "$3" && exit 2; exit 0`;
    const { code, output } = check({ 'good.yaml': 'port: 1\n' }, SCHEMA, latin1);
    assert.equal(code, 0, output);
});

test('nothing to check is a fault', () => {
    fails({ 'a.txt': 'x' }, 'nothing was checked');
});

test('wrong usage ends with 2', () => {
    assert.equal(spawnSync(process.execPath, [TOOL]).status, 2);
    const missing = join(folder, 'missing');
    const done = spawnSync(process.execPath, [TOOL, 'program', missing], { encoding: 'utf8' });
    assert.equal(done.status, 2);
    assert.equal(done.stderr, `check_schema: no such file or folder: ${missing}\n`);
});
