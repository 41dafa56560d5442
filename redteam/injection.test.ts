// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever chooses a name, a header, a paper, a condition or a model's bytes, on those who read or run them: words
// that the next language on the way would obey.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openScorer } from '@countersign/analysis';
import { type Predicate, statementBytes, subjectOf } from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Command } from '../packages/cli/src/command/command.ts';
import { CliError } from '../packages/cli/src/errors.ts';
import { csvTable } from '../packages/cli/src/output/csv.ts';
import { fields, table } from '../packages/cli/src/output/table.ts';
import { runCommand } from '../packages/cli/src/run-command.ts';
import { describeStatement } from '../packages/cli/src/signing/describe-statement.ts';
import { parseCsvRows } from '../packages/pipeline/src/csv/parse-csv-rows.ts';
import { loadTable } from '../packages/pipeline/src/snapshot/load-table.ts';
import {
  openDatabase,
  type SnapshotDatabase,
} from '../packages/pipeline/src/snapshot/open-database.ts';
import { checkRowCondition } from '../packages/pipeline/src/snapshot/row-condition.ts';
import { compileModelDevelopment } from '../packages/server/src/dossier/compile-model-development.ts';
import { renderHtml } from '../packages/server/src/dossier/render-html.ts';
import { renderPdf } from '../packages/server/src/dossier/render-pdf.ts';
import { creditDocumentInput } from '../packages/server/src/dossier/testing/credit-document.ts';
import { openApiDocument } from '../packages/server/src/http/open-api.ts';

let folder: string;
let listener: Server;
let url: string;
const heard: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'redteam-injection-'));
  listener = createServer((request, response) => {
    heard.push(String(request.url));
    response.end('owned');
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', () => resolve()));
  const address = listener.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  listener.close();
  await rm(folder, { recursive: true, force: true });
});

describe('documents', () => {
  const markup = () =>
    [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      `<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">x</a></svg>`,
      '"><iframe srcdoc="<script>alert(1)</script>"></iframe>',
      '</style></title></textarea><body onload=alert(1)>',
      `<base href="${url}/base"><link rel=stylesheet href="${url}/css"><meta http-equiv=refresh content="0;url=${url}/meta">`,
      '[link](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) [vb](vbscript:x)',
      `![picture](${url}/image.png) <${url}/auto> [ref]: ${url}/ref "t"`,
      `<a href="javascript&#58;alert(1)">x</a> <form action="${url}/form"><button>x</button></form>`,
      '<!--[if IE]><script>x</script><![endif]--> ]]> <?xml x?> &lt;script&gt; &#x3c;script&#x3e;',
      '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
      '\u003cscript\u003e \uff1cscript\uff1e \u2028alert(1)\u2029',
    ].join('\n\n');
  const TAGS = new Set(
    'html head article meta title style body main header footer section nav h1 h2 h3 h4 h5 h6 p a ol ul li dl dt dd table caption thead tbody tr th td div span figure figcaption svg g path rect text tspan defs clippath clipPath circle line polyline polygon lineargradient linearGradient stop code pre blockquote strong em b br data small sup aside details summary'.split(
      ' ',
    ),
  );

  test('RT-092 markup in any text of a record becomes no element, attribute, link or request of an HTML dossier', async () => {
    const html = renderHtml(compileModelDevelopment(await creditDocumentInput({ text: markup() })));
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).toContain("default-src 'none'");
    const body = html.replace(/<style>[\s\S]*?<\/style>/, '');
    const tags = [...body.matchAll(/<([a-z!/][^\s>/]*)((?:[^>"]|"[^"]*")*)>/gi)];
    expect(tags.length).toBeGreaterThan(100);
    for (const [whole, name = '', attributes = ''] of tags) {
      expect(TAGS.has(name) || name.startsWith('/') || name === '!doctype', whole).toBe(true);
      const names = attributes.replaceAll(/"[^"]*"/g, '""');
      expect(names, whole).not.toMatch(
        /(^|\s)on\w+\s*=|\s(?:src|srcset|srcdoc|action|formaction|ping|xlink:href)\s*=/i,
      );
      for (const [, address] of attributes.matchAll(/\bhref="([^"]*)"/g))
        expect(address).toMatch(/^#/);
      if (name !== 'div') expect(attributes.match(/\burl\((?!#)/), whole).toBeNull(); // `aria-label` quotes the text
    }
    // Nothing is left over that a lenient parser could still take for a tag.
    expect(body.replace(/<([a-z!/][^\s>/]*)((?:[^>"]|"[^"]*")*)>/gi, '')).not.toContain('<');
  });

  test('RT-093 Typst in any text of a record is printed: it reads no file, fetches no package and changes no page', async () => {
    const typst = [
      '#panic("evaluated")',
      '#import "@preview/evil:1.0.0": *',
      '#read("/etc/passwd") #image("/etc/passwd") #include "/etc/passwd" #plugin("x.wasm") #json("/etc/passwd")',
      '#eval("panic(\\"evaluated\\")") #sys.inputs #{panic("evaluated")} #[#panic("evaluated")]',
      '```typ #panic("evaluated") ``` `raw` $ #panic("evaluated") $ ~ -- --- ... @label <label>',
      '"); panic("evaluated"); ("',
      '\\u{23}panic("evaluated") \\#panic("evaluated")',
      '// comment /* open',
      '= Heading\n- list\n+ enum\n/ term: x\n#set page(width: 1pt)\n#show: it => none\n#while true {}',
    ].join('\n\n');
    const quiet = renderPdf(compileModelDevelopment(await creditDocumentInput()));
    const hostile = renderPdf(compileModelDevelopment(await creditDocumentInput({ text: typst })));
    expect(hostile.standard).toBe(quiet.standard);
    expect(hostile.pages).toBeGreaterThanOrEqual(quiet.pages);
    const bytes = Buffer.from(hostile.bytes).toString('latin1');
    expect(bytes).not.toMatch(
      /\/(JavaScript|JS|Launch|EmbeddedFile|OpenAction|URI|SubmitForm|ImportData|RichMedia)\b/,
    );
    const boxes = new Set([...bytes.matchAll(/\/MediaBox ?\[[^\]]*\]/g)].map(([box]) => box));
    expect(boxes.size).toBe(1);
  });
});

describe('terminals', () => {
  const HOSTILE =
    '\u001b]0;owned\u0007\u001b[2J\u001b[1A\u009b8m\u202egnp.exe\u2066x\u200b\r\nregistered credit@7\b\b';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the very characters that must not be there
  const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/;

  test('RT-094 names, reasons and errors of others reach a terminal as text that cannot move, hide or pass for ours', async () => {
    const predicate: Predicate = {
      type: 'finding',
      scope: 'use',
      subjectRef: { workspace: 'main', model: `m${HOSTILE}`, use: HOSTILE },
      producer: 'human',
      actor: HOSTILE,
      claimedAt: '2026-01-01T00:00:00.000Z',
      source: [],
      content: { [HOSTILE]: HOSTILE, list: [HOSTILE], nested: { [HOSTILE]: HOSTILE } },
    };
    const subject = [subjectOf(p, predicate.subjectRef)];
    expect(statementBytes({ subject, predicate }).length).toBeGreaterThan(0);
    const own: readonly Command[] = [
      command('shown', async (_input, session) => {
        session.progress(HOSTILE);
        for (const line of describeStatement({ subject, predicate })) session.io.err(line);
        const painted = session.paint('green', HOSTILE);
        const lines = [
          ...table([HOSTILE, 'b'], [[HOSTILE, HOSTILE]]),
          ...fields([['name', HOSTILE]]),
        ];
        return { ok: true, result: { [HOSTILE]: HOSTILE }, lines: [HOSTILE, painted, ...lines] };
      }),
      command('failed', async () => {
        throw new CliError('api_refused' as never, `refused: ${HOSTILE}`, {
          details: {
            next: HOSTILE,
            missing: [HOSTILE],
            problems: [{ place: HOSTILE, message: HOSTILE }],
            requestId: HOSTILE,
          },
        });
      }),
      command('broken', async () => {
        throw new Error(HOSTILE);
      }),
    ];
    for (const name of ['shown', 'failed', 'broken']) {
      for (const json of [true, false]) {
        const { out, err } = await ran(own, [name, ...(json ? ['--json'] : [])]);
        const ownGreen = [32, 39].map((code) => `${String.fromCodePoint(27)}[${code}m`);
        const text = ownGreen.reduce((rest, one) => rest.replaceAll(one, ''), `${out}\n${err}`);
        expect(text).not.toMatch(OBEYED);
        expect(text).not.toMatch(/^registered/m);
        expect(text).toContain('\\u001b');
        if (json && out !== '')
          expect(JSON.stringify(JSON.parse(out))).toContain('registered credit@7');
      }
    }
    // One cell is one line, so that a row cannot pretend to be two.
    expect(table(['a'], [[HOSTILE]])).toHaveLength(2);
    expect(table(['a'], [[HOSTILE]]).join('\n')).not.toMatch(OBEYED);
    for (const line of describeStatement({ subject, predicate }).slice(1))
      expect(line).not.toMatch(OBEYED);
  });

  function command(name: string, run: Command['run']): Command {
    return { name, summary: 's', example: `countersign ${name}`, run };
  }

  async function ran(commands: readonly Command[], argv: readonly string[]) {
    const out: string[] = [];
    const err: string[] = [];
    await runCommand(
      argv,
      {
        out: (line) => void out.push(line),
        err: (line) => void err.push(line),
        status: (line) => void err.push(line),
        isTerminal: true,
        env: {},
        now: () => new Date(),
      },
      commands,
    );
    return { out: out.join('\n'), err: err.join('\n') };
  }
});

describe('tables', () => {
  const FORMULAS = [
    '=1+1',
    '+1',
    '-1+2',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    '＝1',
  ];

  test('RT-095 the API offers no table that a person would open in a spreadsheet', () => {
    const { paths } = openApiDocument() as unknown as {
      paths: Record<string, Record<string, { responses?: Record<string, { content?: object }> }>>;
    };
    const offered = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ responses = {} }) => Object.values(responses))
      .flatMap(({ content = {} }) => Object.keys(content));
    expect(offered.length).toBeGreaterThan(20);
    expect(offered.filter((type) => /csv|excel|spreadsheet|tab-separated/.test(type))).toEqual([]);
  });

  // `inventory --csv` writes one: a formula in the name of a model must not run on the desk of whoever opens it.
  test.each(FORMULAS)(
    'RT-120 the table that the command line writes holds no formula: %j',
    (text) => {
      const [, row] = parseCsvRows(csvTable(['name', 'owner', 'open'], [[text, ` ${text}`, 3]]));
      expect(row?.cells).toEqual([`'${text}`, `' ${text}`, '3']);
      expect(row?.cells.filter((cell) => /^[\s"]*[=+\-@＝＋－＠]/u.test(cell))).toEqual([]);
    },
  );

  test('and what looks like a formula stays data: it is read as text and kept byte for byte', async () => {
    const file = join(folder, 'formulas.csv');
    const quoted = FORMULAS.map((text) => `"${text.replaceAll('"', '""')}"`);
    await writeFile(file, `${quoted[0]},b\n${quoted.map((cell) => `${cell},1`).join('\n')}\n`);
    const database = await openDatabase([folder]);
    const loaded = await loadTable(database, file, 'formulas.csv');
    expect(loaded.columns).toEqual([FORMULAS[0], 'b']);
    const rows = await database.rows('SELECT * FROM raw');
    expect(rows.map((row) => row[FORMULAS[0] ?? ''])).toEqual(FORMULAS);
    database.close();
  });
});

describe('conditions of the pipeline file', () => {
  const refused = [
    "(SELECT content FROM read_text('/etc/passwd')) IS NOT NULL",
    'EXISTS (SELECT 1 FROM t)',
    "a IN (SELECT * FROM glob('/root/*'))",
    "1) FROM t; COPY t TO '/tmp/owned.csv'; SELECT (1",
    "1) FROM read_csv('/etc/passwd') UNION SELECT (1",
    '1) FROM t WHERE (1=1',
    '1), (2',
    "getenv('HOME') = ''",
    'random() > 0.5',
    'now() > a',
    'current_date > a',
    "nextval('s') > 0",
    'sum(a) OVER () > 0',
    '* > 0',
    'COLUMNS(*) > 0',
    "1 -- \n) FROM t; ATTACH '/etc/passwd' AS x; SELECT (1",
    '1 /*',
    '',
    ';',
    'PRAGMA database_list',
    "query('SELECT 1')",
    "current_date > DATE '2026-01-01'",
    'localtimestamp IS NOT NULL',
    "session_user = 'x'",
    'uuidv7() IS NULL',
    'txid_current() > 1',
    'ago(INTERVAL 1 DAY) IS NULL',
    'pg_postmaster_start_time() IS NULL',
    'sleep_ms(100000) IS NULL',
    "write_log('x') IS NULL",
    'count(*) > 0',
    'max(a) > a',
    'rowid > 0',
    "getvariable('x') IS NULL",
    'version() > a',
  ];
  let database: SnapshotDatabase;
  beforeAll(async () => {
    database = await openDatabase([folder]);
    await database.run('CREATE TABLE t (a VARCHAR)');
    await database.run("INSERT INTO t VALUES ('1')");
  });
  afterAll(() => database.close());

  test('RT-096 a condition is one expression over one row: it reads no file, no other row, no clock and no environment', async () => {
    for (const condition of refused) {
      const outcome = await checkRowCondition(database, condition, 'where').then(
        () => 'accepted',
        ({ code }) => code,
      );
      expect(`${condition}: ${outcome}`).toBe(`${condition}: expression_invalid`);
    }
    for (const fine of [
      "a = '1'",
      'list_sum([1, 2]) = 3 AND round_even(1.5, 0) = 2',
      "split_part(a, ',', 1) = '1'",
      "strftime(DATE '2026-01-01', '%Y') = '2026'",
      'least(1, 2) < 2 OR coalesce(a, a) IN (a)',
      'a IS NULL OR length(a) < 3',
      "a LIKE '%;%' -- ends",
    ]) {
      await checkRowCondition(database, fine, 'where');
    }
  });

  test('and past that check the database itself opens nothing of the machine, whatever SQL it is given', async () => {
    const outside = join(tmpdir(), 'redteam-owned.csv');
    const attempts = [
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_csv('/etc/hostname')",
      `SELECT * FROM read_text('${folder}/../../etc/passwd')`,
      "SELECT * FROM glob('/root/*')",
      `COPY (SELECT 1) TO '${outside}'`,
      "ATTACH '/tmp/redteam.db' AS x",
      'INSTALL httpfs',
      'LOAD httpfs',
      `SELECT * FROM read_text('${url}/duck')`,
      'SET enable_external_access = true',
      "SET allowed_directories = ['/']",
      "SELECT getenv('HOME')",
      "EXPORT DATABASE '/tmp/redteam-db'",
      'SET lock_configuration = false',
    ];
    for (const sql of attempts) await expect(database.rows(sql), sql).rejects.toThrow();
    expect(heard).toEqual([]);
  });

  test('names of columns and files are quoted wherever they stand in SQL', async () => {
    const names = [
      'a"; DROP TABLE raw; --',
      "b'); ATTACH 'x' AS y; --",
      'c\\',
      '"',
      "'",
      '{{d}}',
      'e"]["f',
    ];
    const file = join(folder, "odd'; DROP TABLE t; --.csv");
    await writeFile(
      file,
      `${names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')}\n${names.map(() => '1').join(',')}\n`,
    );
    const fresh = await openDatabase([folder]);
    const loaded = await loadTable(fresh, file, 'odd.csv');
    expect(loaded.columns).toEqual(names);
    expect(await fresh.rows('SELECT count(*)::INTEGER AS n FROM raw')).toEqual([{ n: 1 }]);
    fresh.close();
  });
});

describe('what a URL in a text makes the server ask for', () => {
  test('RT-097 nothing: no paper, picture, link or condition makes the server fetch, whatever it points at', async () => {
    const texts = [
      `![x](${url}/md) <img src="${url}/img">`,
      `#image("${url}/typst") @import url(${url}/css)`,
      `${url}/bare`,
      `[x]: ${url}/ref\n\n[x]`,
    ];
    const input = await creditDocumentInput({ text: texts.join('\n\n') });
    const model = compileModelDevelopment(input);
    expect(renderHtml(model)).toContain(`${url}/md`);
    renderPdf(model);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(heard).toEqual([]);
  });
});

describe('the bytes of a model', () => {
  test('RT-099 a model reads no file: weights that it says lie elsewhere are refused, so no key becomes a score', async () => {
    const before = process.cwd();
    await writeFile(join(folder, 'platform.json'), 'SECRET OF THE PLATFORM');
    process.chdir(folder);
    try {
      const places = [
        'platform.json',
        './platform.json',
        'x/../platform.json',
        '../platform.json',
        join(folder, 'platform.json'),
        '/etc/passwd',
        '/proc/self/environ',
        `file://${folder}/platform.json`,
        `${url}/weights`,
      ];
      for (const place of places) {
        const opened = openScorer(modelWithWeightsAt(place, 6), {
          inputs: [{ name: 'x', type: 'f32' }],
          output: 'y',
        });
        await expect(opened, place).rejects.toMatchObject({ code: 'model_unreadable' });
      }
    } finally {
      process.chdir(before);
    }
    expect(heard).toEqual([]);
  });
});

/** An ONNX model whose answer is the bytes of a file: onnx.proto3, TensorProto.external_data with data_location 1. */
function modelWithWeightsAt(place: string, length: number): Uint8Array {
  const external = [
    entry('location', place),
    entry('offset', '0'),
    entry('length', String(length)),
  ];
  const weights = part(5, int(1, length), int(2, 2), text(8, 'w'), ...external, int(14, 1));
  const cast = part(
    1,
    text(1, 'w'),
    text(2, 'c'),
    text(4, 'Cast'),
    part(5, text(1, 'to'), int(3, 1), int(20, 2)),
  );
  const add = part(1, text(1, 'c'), text(1, 'x'), text(2, 'y'), text(4, 'Add'));
  const graph = part(
    7,
    cast,
    add,
    text(2, 'g'),
    weights,
    value(11, 'x', 1),
    value(12, 'y', length),
  );
  return Buffer.concat([int(1, 8), graph, part(8, text(1, ''), int(2, 13))]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  let left = number;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}
function int(field: number, number: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(number)]);
}
function part(field: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}
function text(field: number, words: string): Buffer {
  return part(field, Buffer.from(words));
}
function entry(key: string, words: string): Buffer {
  return part(13, text(1, key), text(2, words));
}
function value(field: number, name: string, length: number): Buffer {
  const shape = part(2, part(1, int(1, 1)), part(1, int(1, length)));
  return part(field, text(1, name), part(2, part(1, int(1, 1), shape)));
}
