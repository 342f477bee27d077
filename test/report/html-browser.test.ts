/** The page as its readers have it: opened from disk in a real browser, clicked, typed into, and without scripts. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { formatHtml } from '../../src/report/html/html.ts';
import type { Snapshot } from '../../src/validator/snapshot-format.ts';
import { type OpenOptions, type Opened, openBrowser, openPage, whyNoBrowser } from './browser.ts';
import { countPixels, measureContrasts, measureWidth } from './probes.ts';
import { samples } from './samples.ts';
import { edge, finding, lockClass, ordersAndUsers, rcuChain, snapshot, stack } from './snapshots.ts';

if (whyNoBrowser !== undefined) process.stderr.write(`skipped: HTML in a browser: ${whyNoBrowser}\n`);

const TIMEOUT = 60_000;
let browser: Browser;

async function open(given: Snapshot, options?: OpenOptions): Promise<Opened> {
  const opened = await openPage(browser, formatHtml(given), options);
  onTestFinished(opened.close);
  return opened;
}

/** Waits for sigma's layers, or for the words that say why there are none. */
async function waitForGraph(page: Page): Promise<void> {
  await page.locator('#canvas canvas.sigma-mouse, #graph-fault:not(:empty)').first().waitFor();
}

/** Clicks on the drawing; `right` and `down` are shares of its size. What was clicked before may have moved it. */
async function clickCanvas(page: Page, right: number, down: number): Promise<void> {
  await page.locator('#canvas').scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await page.locator('#canvas').boundingBox())!;
  await page.mouse.click(x + width * right, y + height * down);
}

/** A graph of many levels, with a circle here and there. */
function largeGraph(classes: number, edges: number): Snapshot {
  const names = Array.from({ length: classes }, (_, index) => `lock-${index}`);
  const list = Array.from({ length: edges }, (_, index) => {
    const from = (index * 7) % (classes - 50);
    const to = from + 1 + ((index * 13) % 49);
    return edge(names[from]!, names[to]!, {
      held: stack(`src/${from}.ts:1:1`),
      requested: stack(`src/${to}.ts:2:2`),
    });
  });
  const back = { ...list[0]!, from: list[0]!.to, to: list[0]!.from };
  const chain = [back.to, back.from, back.to];
  const found = finding('circular-dependency', chain, { edges: [0, edges], flows: 2 });
  return snapshot({
    classes: names.map((name) => lockClass(name)),
    edges: [...list, back],
    findings: [found],
  });
}

describe.skipIf(whyNoBrowser !== undefined)('in a browser', { timeout: TIMEOUT }, () => {
  beforeAll(async () => {
    browser = await openBrowser();
  }, TIMEOUT);
  afterAll(async () => browser.close());

  test.for(Object.entries(samples))('%s opens without a fault or a request', async ([, sample]) => {
    const { page, faults } = await open(sample);
    if (sample.edges.length > 0) {
      await waitForGraph(page);
      expect(await page.locator('#graph-fault').textContent()).toBe('');
      expect(await countPixels(page, 'labels')).toBeGreaterThan(0);
    }
    expect(await page.locator('article').count()).toBe(sample.findings.length);
    expect(faults).toEqual([]);
  });

  test('hostile names are text, and nothing but text', async () => {
    const { page, faults } = await open(samples['hostile']!);
    await waitForGraph(page);
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('h3').last().textContent()).toContain(
      '</failure>]]>&amp;<script>alert(1)</script>',
    );
    await page.locator('#search').fill('<script>');
    await page.locator('#panel li button').first().click();
    expect(await page.locator('#panel h3').textContent()).toContain(
      '</failure>]]>&amp;<script>alert(1)</script>',
    );
    expect(await page.locator('b, #panel script').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('a finding shows its chain in the graph, by mouse and by Enter, and Escape clears', async () => {
    const { page, faults } = await open(ordersAndUsers());
    await waitForGraph(page);
    const panel = page.locator('#panel');
    const article = page.locator('article').first();
    await article.locator('figure').click();
    expect(await panel.locator('li button').allTextContents()).toEqual(['orders → users', 'users → orders']);
    expect(await article.getAttribute('class')).toContain('chosen');
    await page.keyboard.press('Escape');
    expect(await panel.isVisible()).toBe(false);
    expect(await article.getAttribute('class')).not.toContain('chosen');

    await article.getByRole('button', { name: 'Show in the graph' }).focus();
    await page.keyboard.press('Enter');
    expect(await panel.locator('h3').textContent()).toBe('Finding 1');
    await panel.locator('li button').first().click();
    expect(await panel.locator('h3').textContent()).toBe('orders → users seen 312 times');
    expect(await panel.locator('.site').allTextContents()).toEqual([
      'src/checkout.ts:77:20',
      'src/checkout.ts:80:19',
    ]);
    expect(faults).toEqual([]);
  });

  test('a click on an edge shows its places, one on a class its edges, one on nothing clears', async () => {
    const given = snapshot({
      classes: [lockClass('A'), lockClass('B')],
      edges: [edge('A', 'B', { held: stack('a.ts:1:1 | await a.acquire();', 'main.ts:9:9') })],
    });
    const { page, faults } = await open(given);
    await waitForGraph(page);
    const panel = page.locator('#panel');
    await clickCanvas(page, 0.5, 0.5);
    await panel.waitFor();
    expect(await panel.locator('h3').textContent()).toBe('A → B seen once');
    expect(await panel.locator('.source').allTextContents()).toEqual(['await a.acquire();']);
    await panel.locator('summary').click();
    expect(await panel.locator('ol li').allTextContents()).toEqual(['a.ts:1:1', 'main.ts:9:9']);

    await clickCanvas(page, 0.95, 0.5);
    await panel.waitFor({ state: 'hidden' });
    // The first that is met on the way down is the class.
    for (let down = 0.02; down < 0.4 && !(await panel.isVisible()); down += 0.01)
      await clickCanvas(page, 0.5, down);
    expect(await panel.locator('h3').textContent()).toBe('A mutex, level 1');
    expect(await panel.locator('li button').allTextContents()).toEqual(['A → B']);
    expect(faults).toEqual([]);
  });

  test('an edge within one class can be clicked too', async () => {
    const given = snapshot({ classes: [lockClass('A')], edges: [edge('A', 'A')] });
    const { page, faults } = await open(given);
    await waitForGraph(page);
    expect(await countPixels(page, 'loops')).toBeGreaterThan(0);
    const panel = page.locator('#panel');
    const { width } = (await page.locator('#canvas').boundingBox())!;
    await clickCanvas(page, 0.5 - 14 / width, 0.5);
    await panel.waitFor();
    expect(await panel.locator('h3').textContent()).toBe('A → A seen once');
    expect(faults).toEqual([]);
  });

  test('search counts, lists and chooses', async () => {
    const { page, faults } = await open(rcuChain());
    await waitForGraph(page);
    await page.locator('#search').fill('rc');
    expect(await page.locator('#search-count').textContent()).toBe('1 found');
    await page.keyboard.press('Enter');
    expect(await page.locator('#panel h3').textContent()).toBe('RCU executor, level 3');
    await page.locator('#search').fill('nothing like it');
    expect(await page.locator('#search-count').textContent()).toBe('0 found');
    expect(await page.locator('#panel').isVisible()).toBe(false);
    expect(faults).toEqual([]);
  });

  test('only findings hides the rest, and the keys zoom and move', async () => {
    const { page, faults } = await open(rcuChain());
    await waitForGraph(page);
    const before = await countPixels(page, 'loops');
    expect(before).toBeGreaterThan(0);
    await page.locator('#only-cycles').check();
    await page.locator('#canvas').focus();
    // The names of the levels move with them.
    for (const key of ['+', '+', 'ArrowUp']) await page.keyboard.press(key);
    await expect.poll(async () => countPixels(page, 'loops')).not.toBe(before);
    await page.keyboard.press('0');
    await expect.poll(async () => countPixels(page, 'loops')).toBe(before);
    expect(faults).toEqual([]);
  });

  test('the table sorts by each of its columns', async () => {
    const classes = [
      lockClass('A', { acquisitions: 2, contentions: 9 }),
      lockClass('B', { acquisitions: 10 }),
      lockClass('C', { acquisitions: 1 }),
    ];
    const { page, faults } = await open(snapshot({ classes }));
    const names = async (): Promise<string[]> => page.locator('.sortable tbody th').allTextContents();
    expect(await names()).toEqual(['A', 'B', 'C']);
    const head = page.locator('.sortable').getByRole('button', { name: 'acquisitions' });
    await head.click();
    expect(await names()).toEqual(['B', 'A', 'C']);
    await head.click();
    expect(await names()).toEqual(['C', 'A', 'B']);
    expect(await page.locator('th[aria-sort]').textContent()).toBe('acquisitions');
    expect(faults).toEqual([]);
  });

  test('the whole is there without scripts', async () => {
    const { page, faults } = await open(ordersAndUsers(), { hasScripts: false });
    expect(await page.locator('article h3').textContent()).toBe(
      'Potential deadlock: orders → users → orders [circular-dependency]',
    );
    expect(await page.locator('svg.chain').isVisible()).toBe(true);
    expect(await page.getByText('The drawing needs scripts').isVisible()).toBe(true);
    expect(await page.locator('.controls').isVisible()).toBe(false);
    expect(await page.locator('#locks tbody tr').count()).toBe(2);
    expect(faults).toEqual([]);
  });

  test.for(['light', 'dark'] as const)('text can be read in %s: 4.5 to 1 at least', async (scheme) => {
    const { page } = await open(rcuChain(), { scheme });
    await waitForGraph(page);
    const ratios = await measureContrasts(page);
    expect(ratios.length).toBeGreaterThan(30);
    expect(Math.min(...ratios)).toBeGreaterThanOrEqual(4.5);
  });

  test('the graph stays in view beside the findings, and never over what comes below', async () => {
    const { page } = await open(rcuChain());
    await waitForGraph(page);
    await page.locator('article figure').click();
    await page.locator('#panel').waitFor();
    const locks = page.locator('#locks');
    await locks.scrollIntoViewIfNeeded();
    const [graph, below] = [await page.locator('.beside').boundingBox(), await locks.boundingBox()];
    expect(graph!.y + graph!.height).toBeLessThanOrEqual(below!.y);
  });

  test('nothing is wider than a narrow window', async () => {
    const { page } = await open(samples['hostile']!, { width: 360 });
    await waitForGraph(page);
    expect(await measureWidth(page)).toBeLessThanOrEqual(360);
  });

  test('ten thousand edges open, and one finding of them can be shown', async () => {
    const { page, faults } = await open(largeGraph(3000, 10_000));
    await waitForGraph(page);
    await page.locator('article figure').click();
    expect(await page.locator('#panel li button').count()).toBe(2);
    expect(faults).toEqual([]);
  });
});

describe.skipIf(whyNoBrowser !== undefined)('in a browser without WebGL', { timeout: TIMEOUT }, () => {
  test('it says so, and search and panel work', async () => {
    const bare = await openBrowser('--disable-3d-apis');
    onTestFinished(async () => bare.close());
    const { page, faults, close } = await openPage(bare, formatHtml(ordersAndUsers()));
    await waitForGraph(page);
    expect(await page.locator('#graph-fault').textContent()).toBe(
      'No drawing: this browser has no WebGL here. Search finds the classes and their edges.',
    );
    await page.locator('#search').fill('orders');
    await page.keyboard.press('Enter');
    await page.locator('#panel li button').first().click();
    expect(await page.locator('#panel .site').first().textContent()).toBe('src/users.ts:41:18');
    expect(faults).toEqual([]);
    await close();
  });
});
