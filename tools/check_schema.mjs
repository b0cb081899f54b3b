#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Usage: node check_schema.mjs PROGRAM FILES_OR_DIRS...
//
// Validates YAML files (*.yaml, *.yml) and the ```yaml fences of documents (*.md) against the JSON Schema
// that `PROGRAM schema` prints, by a validator that is not ours, and compares with `PROGRAM check -c FILE`:
//   - what check accepts, the schema accepts;
//   - what lies in a folder named `bad`, or in a fence marked `bad`, check refuses (exit code 2);
//   - a bad file whose first line is `# schema: refuses` (types, unknown keys, enums) the schema refuses too;
//     other bad files break rules that a schema cannot know.
// Exit code 0: they agree; 1: they do not; 2: wrong usage; 77: Node or its modules are missing (SKIPPED).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';

const SECONDS = 10;
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const KNOWN_VARIABLES = JSON.parse(readFileSync(new URL('document_variables.json', import.meta.url), 'utf8'));
const MARK = /^# schema: refuses\s*$/;

class Stop extends Error {
    constructor(code, line) {
        super(line);
        this.code = code;
    }
}

function modules() {
    const require = createRequire(new URL('../tests/tools/package.json', import.meta.url));
    try {
        return { Ajv: require('ajv/dist/2020.js').default, yaml: require('yaml') };
    } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') throw error;
        throw new Stop(77, 'SKIPPED: schema check: tests/tools/node_modules is missing (scripts/setup)');
    }
}

// ---- The program under test

function run(program, args, variables = {}) {
    const done = spawnSync(program, args, {
        encoding: 'utf8', timeout: SECONDS * 1000, env: { ...process.env, ...variables }, maxBuffer: 64 << 20,
    });
    if (done.error) throw new Stop(1, `check_schema: ${program} ${args[0]}: ${done.error.message}`);
    return { code: done.status ?? -1, output: done.stdout, errors: done.stderr };
}

function compiled(program, Ajv) {
    const { code, output, errors } = run(program, ['schema']);
    if (code !== 0) throw new Stop(1, `check_schema: ${program} schema ended with ${code}: ${errors}`);
    try {
        const schema = JSON.parse(output);
        if (schema.$schema !== DIALECT) throw new Error(`its $schema is ${schema.$schema}, not ${DIALECT}`);
        // Strict: an unknown keyword or a keyword that can never apply is a mistake, not a wish.
        return new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(schema);
    } catch (error) {
        throw new Stop(1, `check_schema: the schema does not compile: ${error.message}`);
    }
}

// What a document's ${VARIABLES} hold while it is checked: as in check_fences.py.
function variables({ text, bad }) {
    const named = bad ? [] : [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name, 'placeholder']);
    return { ...Object.fromEntries(named), ...KNOWN_VARIABLES };
}

// ---- Documents: {place, text, bad, marked}; a file of its own has a `file`, a fence has not

function filesBelow(path) {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.name !== 'node_modules')
        .filter((entry) => entry.isDirectory() || /\.(ya?ml|md)$/.test(entry.name))
        .flatMap((entry) => filesBelow(join(path, entry.name)))
        .sort();
}

// The fences as check_fences.py understands them; its tests hold the corner cases.
function fences(path, text) {
    const found = [];
    let open = null;
    text.split('\n').forEach((line, index) => {
        if (!open) {
            const match = /^([ \t]*)(`{3,}|~{3,})[ \t]*([\w+-]*)[ \t]*([^`]*)$/.exec(line);
            if (!match) return;
            const [, indent, marks, language, words] = match;
            open = { line: index + 2, indent, marks, language, words: words.trim().split(/\s+/), body: [] };
        } else if (line.trim().startsWith(open.marks) && /^[ \t]*(`+|~+)[ \t]*$/.test(line)) {
            found.push(open);
            open = null;
        } else {
            open.body.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
        }
    });
    if (open) found.push(open);
    return found
        .filter(({ language, words }) => language === 'yaml' && !words.includes('ignore'))
        .map(({ line, words, body }) => ({
            place: `${path}:${line}`, text: `${body.join('\n')}\n`, bad: words.includes('bad'), marked: false,
        }));
}

function documents(paths) {
    return paths.flatMap(filesBelow).flatMap((path) => {
        const text = readFileSync(path, 'utf8');
        if (path.endsWith('.md')) return fences(path, text);
        const bad = path.split(sep).includes('bad');
        return [{ place: path, file: path, text, bad, marked: MARK.test(text.split('\n')[0]) }];
    });
}

// ---- Agreement

function verdictOfSchema(text, validate, yaml) {
    let value;
    try {
        value = yaml.parse(text, { logLevel: 'error' }) ?? {};   // an empty file is an empty mapping
    } catch (error) {
        return { accepts: false, why: error.message.split('\n')[0] };
    }
    if (validate(value)) return { accepts: true, why: '' };
    const why = validate.errors.slice(0, 3).map((error) => `${error.instancePath || '/'} ${error.message}`);
    return { accepts: false, why: why.join('; ') };
}

function fault(document, check, schema) {
    const said = (check.errors || check.output).trim().split('\n')[0];
    if (check.code !== 0 && check.code !== 2) return `check ended with ${check.code}: ${said}`;
    if (document.bad && check.code === 0) return 'check accepts it, though it is marked bad';
    if (!document.bad && check.code === 2) return `check refuses it: ${said}`;
    if (document.marked && !document.bad) return '"schema: refuses" is for files in a folder named bad';
    if (check.code === 0 && !schema.accepts) return `check accepts it, the schema refuses it: ${schema.why}`;
    if (document.marked && schema.accepts) return 'the schema accepts it, though it says "schema: refuses"';
    return '';
}

function main([program, ...paths]) {
    if (!program || paths.length === 0) throw new Stop(2, 'usage: check_schema.mjs PROGRAM FILES_OR_DIRS...');
    const absent = paths.filter((path) => !existsSync(path));
    if (absent.length) throw new Stop(2, `check_schema: no such file or folder: ${absent.join(', ')}`);
    const { Ajv, yaml } = modules();
    const validate = compiled(program, Ajv);
    const folder = mkdtempSync(join(tmpdir(), 'check-schema-'));
    const count = { good: 0, bad: 0, marked: 0, faults: 0 };
    try {
        for (const document of documents(paths)) {
            const file = document.file ?? join(folder, 'outrigger.yaml');
            if (!document.file) writeFileSync(file, document.text);
            const wrong = fault(document, run(program, ['check', '-c', file], variables(document)),
                                verdictOfSchema(document.text, validate, yaml));
            count[document.bad ? 'bad' : 'good'] += 1;
            if (document.marked) count.marked += 1;
            if (wrong) {
                count.faults += 1;
                console.log(`${document.place}: error: ${wrong.replaceAll(file, 'document')}`);
            }
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
    console.log(`schema: ${count.good} good and ${count.bad} bad documents (${count.marked} for the schema `
                + `to refuse), ${count.faults} disagreements`);
    if (count.good === 0) throw new Stop(1, 'check_schema: no good document found: nothing was checked');
    return count.faults ? 1 : 0;
}

try {
    process.exitCode = main(process.argv.slice(2));
} catch (error) {
    if (!(error instanceof Stop)) throw error;
    (error.code === 77 ? console.log : console.error)(error.message);
    process.exitCode = error.code;
}
